import { type Sealed, sealedColumn, type Secrets } from '#platform/secrets';
import { z } from 'zod';
import type { Facts } from './catalogue.ts';
import type { MessageRow, StoredMessage } from './store.ts';
import type { Attachment, OutgoingMail } from './transport.ts';

/** Facts of mails hold links that sign people in: they are sealed until the mail is sent, and then gone. */
const FACTS: Sealed = sealedColumn({
  table: 'mail.messages',
  column: 'facts',
  key: ['account_id', 'id'],
});

/** Contents of a mail besides the words of its template. */
interface Contents {
  readonly facts: Facts;
  readonly attachments?: readonly Attachment[];
  /** The product whose brand it bears; undefined: the server's. */
  readonly brandOf?: string | undefined;
}

/** Files of mails are small, because they lie in the database until they are sent: bytes of all together. */
const MOST_BYTES = 128 * 1024;
const attachmentSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][\w.-]{0,99}$/),
  type: z.string().regex(/^[a-z]+\/[\w.+-]{1,80}$/),
  content: z.union([z.string(), z.instanceof(Uint8Array)]).transform((content) => Buffer.from(content)),
});
const attachmentsSchema = z
  .array(attachmentSchema)
  .max(5)
  .refine((all) => all.reduce((sum, { content }) => sum + content.length, 0) <= MOST_BYTES, {
    message: `they have more than ${MOST_BYTES} bytes together`,
  });
/** As they are stored, beside the facts, whose values are no lists, and whose names have no sign but letters, digits and `_`. */
const storedSchema = z.looseObject({
  attachments: z
    .array(z.strictObject({ name: z.string(), type: z.string(), base64: z.string() }))
    .optional()
    .catch(undefined),
  $brand: z.string().optional(),
});

/** The facts of a mail and what goes with it, as they are stored. What does not fit is the caller's mistake. */
export function sealFacts(
  secrets: Secrets,
  { accountId, id }: { readonly accountId: string; readonly id: string },
  { facts, attachments = [], brandOf }: Contents,
): string {
  const files = attachmentsSchema.parse(attachments).map(({ name, type, content }) => ({
    name,
    type,
    base64: content.toString('base64'),
  }));
  const contents = {
    ...facts,
    ...(files.length === 0 ? {} : { attachments: files }),
    ...(brandOf === undefined ? {} : { $brand: brandOf }),
  };
  return secrets.seal(JSON.stringify(contents), FACTS.context(accountId, id));
}

/** A stored mail with its facts, and what goes with it, readable again. */
export function openMessage(secrets: Secrets, stored: StoredMessage): MessageRow {
  const opened: unknown = JSON.parse(secrets.open(stored.facts, FACTS.context(stored.account_id, stored.id)));
  const { attachments, $brand: brandOf, ...facts } = storedSchema.parse(opened);
  return { ...stored, facts: facts as Facts, brandOf, attachments: (attachments ?? []).map(fileOf) };
}

function fileOf({
  base64,
  ...file
}: {
  readonly name: string;
  readonly type: string;
  readonly base64: string;
}): OutgoingMail['attachments'][number] {
  return { ...file, content: Buffer.from(base64, 'base64') };
}
