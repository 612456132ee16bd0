import '../errors.ts';
import { AppError, equalInConstantTime, sha256 } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';
import { z } from 'zod';

/** Something that took access or data away, by ids alone. */
const entrySchema = z.object({
  /** From 1, without a gap. */
  seq: z.int(),
  /** When it was committed, to the microsecond. */
  at: z.string(),
  /** As the audit calls it. */
  action: z.string(),
  account: z.string().nullable(),
  kind: z.string().nullable(),
  target: z.string().nullable(),
  /** The event of the audit that tells of it; a database that has the event knows of it. */
  event: z.string(),
});
export type ListEntry = z.infer<typeof entrySchema>;

/** Where a list is: its entries, and a digest over all of them. */
export interface ListPosition {
  readonly entries: number;
  readonly digest: string;
  /** The master key that has signed the last of them; '': there is none. */
  readonly key: string;
}

/** Where a list begins. That of another installation is another one. */
export const beginningOf = (installation: string): ListPosition => ({
  entries: 0,
  digest: sha256(`plinth revocations of ${installation}`),
  key: '',
});

const SIGNED = 'revocation list';
/** `<entry as JSON> <id of the master key>.<signature over the digest that it leads to>` */
const LINE = /^(\{.*\}) ([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/** The line of the next entry, and where the list is behind it. */
export function appendEntry(
  position: ListPosition,
  entry: Omit<ListEntry, 'seq'>,
  secrets: Pick<Secrets, 'current' | 'derived'>,
): { readonly line: string; readonly position: ListPosition } {
  const entries = position.entries + 1;
  const text = JSON.stringify({ seq: entries, ...entry });
  const digest = sha256(position.digest + text);
  const [signature = ''] = secrets.derived(digest, SIGNED);
  const key = secrets.current;
  return { line: `${text} ${key}.${signature}\n`, position: { entries, digest, key } };
}

/**
 * Reads the lines of a page that begins at a position. Throws `revocation_list_broken` where a line is not the one that was written there. A line that
 * was signed under a key which is gone is vouched for by each later one.
 */
export function* readEntries(
  page: string,
  from: ListPosition,
  secrets: Pick<Secrets, 'keyIds' | 'derived'>,
): Generator<{ readonly entry: ListEntry; readonly position: ListPosition }> {
  let position = from;
  if (page !== '' && !page.endsWith('\n')) throw broken(position.entries + 1, 'is cut off');
  for (const line of page.split('\n').slice(0, -1)) {
    const [, text = '', key = '', signature = ''] = LINE.exec(line) ?? [];
    const entries = position.entries + 1;
    const digest = sha256(position.digest + text);
    const known = secrets.keyIds.indexOf(key);
    const right = known === -1 ? signature : (secrets.derived(digest, SIGNED)[known] ?? '');
    const entry = text !== '' && equalInConstantTime(signature, right) ? entryOf(text) : undefined;
    if (entry?.seq !== entries) throw broken(entries, 'is not the one that this installation wrote there');
    position = { entries, digest, key };
    yield { entry, position };
  }
}

/** Throws unless a key that is here has signed the last entry, and with it all before. */
export function assertSigned({ entries, key }: ListPosition, { keyIds }: Pick<Secrets, 'keyIds'>): void {
  if (entries > 0 && !keyIds.includes(key))
    throw broken(entries, `is signed under the master key "${key}", which is not set here`);
}

/** A line under a key that is gone is believed once a later one vouches for it: it may be no entry. */
function entryOf(text: string): ListEntry | undefined {
  try {
    return entrySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function broken(entry: number, what: string): AppError {
  return new AppError('revocation_list_broken', {
    message: `The list of erasures and revocations is broken: entry ${entry} ${what} (docs/backup.md).`,
  });
}
