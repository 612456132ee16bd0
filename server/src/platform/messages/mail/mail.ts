import { commitPoint, type Database, type CrashHook, type Statement, statement } from '#platform/db';
import { type Brand, type Page, page } from '#platform/http';
import type { AccountId, Ids, Random, UserId } from '#platform/kernel';
import type { Queue } from '#platform/queue';
import type { Secrets } from '#platform/secrets';
import type { Logger } from '#platform/telemetry';
import {
  type AnyTemplate,
  type Facts,
  type FactsOf,
  mailTemplates,
  productOf,
  templateCalled,
  type TemplateName,
} from './catalogue.ts';
import { render } from './render.ts';
import { sealFacts } from './sealed-facts.ts';
import { type Condition, giveUpMail, type Resolver, sendMail } from './send-mail.ts';
import {
  insertMessage,
  listMessages,
  type LogQuery,
  type LogRow,
  messagesOf,
  oldMessages,
  pruneMessages,
  type Whose,
} from './store.ts';
import type { Address, Attachment, Rendered, Transport } from './transport.ts';

const PRUNE = commitPoint('mail.prune', 'old lines of the mail log, deleted');
const KIND = 'mail.send';
/** Whose mails are that are no account's: the nil UUID. */
const NOBODYS = '00000000-0000-0000-0000-000000000000' as AccountId;
const HOUR = `interval '1 hour'`;

export interface MailParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly random: Random;
  readonly secrets: Secrets;
  readonly queue: Pick<Queue, 'handle' | 'enqueueing' | 'wake'>;
  readonly transport: Transport;
  readonly settings: { readonly from: Pick<Address, 'address'> };
  /** The brand of a product, or of the server. */
  readonly brandOf: (product?: string) => Brand;
  /** The bytes of a brand's logo; undefined: it has none by now. */
  readonly logoOf: (brand: Brand) => Promise<Attachment | undefined>;
  /** Whether platform admins may read what real mails say, where these lie in a folder. */
  readonly isOpen?: boolean | undefined;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly crashHook?: CrashHook | undefined;
}

/** A mail, with the facts that its template names. */
export interface Message<Of extends AnyTemplate> {
  readonly to: string;
  readonly template: Of;
  readonly facts: FactsOf<Of>;
  /** Small files that go with it, where its template says that some do: 5 at most, of 128 KiB together. Sealed until they are sent. */
  readonly attachments?: readonly Attachment[] | undefined;
  /** The account whose mail it is; without one it is sent in the system's scope alone. */
  readonly accountId?: AccountId | undefined;
  readonly userId?: UserId | undefined;
  /** The product that it is of, whose brand it bears; one of a product's own templates is of that product. */
  readonly product?: string | undefined;
  /** A second mail of the account under the same key is none. */
  readonly once?: string | undefined;
  readonly requestId?: string | undefined;
}

/** A mail that a caller asked for by typing an address: whether it is sent shows nowhere in the call. */
export interface RequestedMail {
  readonly to: string;
  readonly template: TemplateName;
  readonly userId?: UserId | undefined;
  /** Further facts for the resolver. No secret. */
  readonly facts?: Facts;
  readonly requestId: string;
}

export interface Mail {
  /**
   * The statements that store a mail and enqueue the job that sends it, for the caller's transaction: the account's, or
   * the system's. After the commit, call `wake`. Sent at least once, under one Message-ID.
   */
  sending<Of extends AnyTemplate>(message: Message<Of>): readonly Statement[];
  /**
   * The same for an address that a caller typed, in the system's scope. A job asks the template's resolver whether it is
   * sent: until then, the same is done for an address that is known and for one that is not.
   */
  asking(asked: RequestedMail): readonly Statement[];
  /** Registers who decides on mails that were asked for, by their template. */
  resolve(resolvers: Partial<Readonly<Record<TemplateName, Resolver>>>): void;
  /** Has mails of a template handed over only while this holds of whom they are for: between the two they may have left. */
  onlyWhile(template: string, holds: Condition): void;
  /** How many mails of a template a user was sent in the last hour, for resolvers. */
  recently(userId: UserId, template: TemplateName): Statement<{ count: number }>;
  /** How many mails of a template were sent to an address in the last hour, for all senders. */
  lately(to: string, template: TemplateName): Promise<number>;
  /** Tells the workers that a mail waits. */
  wake(): void;
  /** The log, newest first. */
  list(query: LogQuery): Promise<Page<LogLine>>;
  /** Every template with its example. */
  previews(): readonly MailPreview[];
  /** Whether `text` shows what real mails say. */
  readonly isShown: boolean;
  /** Text of a mail in the log; undefined: it is not here. Mails hold links that let in: only where they go no further than a folder. */
  text(id: string): Promise<Rendered | undefined>;
  /** Removes what lies outside of the database of the mails of an account, or of a person: their erasure has the lines of the log. */
  forget(whose: Whose): Promise<void>;
  /** Deletes what the log no longer needs. */
  prune(): Promise<number>;
}

/** A template as it is sent, with the facts of its example. */
export interface MailPreview extends Rendered {
  readonly name: string;
}

/** A line of the mail log: no word of what the mail said. */
export interface LogLine {
  readonly id: string;
  readonly account_id: string | null;
  readonly user_id: string | null;
  readonly to: string;
  readonly template: string;
  readonly status: LogRow['status'];
  readonly attempts: number;
  readonly error: string | null;
  readonly created_at: string;
  readonly due_at: string;
  readonly sent_at: string | null;
}

/** Mails: stored with what they tell of, sent by a job, whose handler is registered here (docs/mail.md). */
export function createMail(parts: MailParts): Mail {
  const { db, ids, secrets, queue } = parts;
  const resolvers = new Map<string, Resolver>();
  const conditions = new Map<string, Condition>();
  const enqueueing = (
    { accountId, id, requestId }: { accountId: AccountId; id: string; requestId: string },
    delay = 0,
  ) =>
    queue.enqueueing(accountId, {
      kind: KIND,
      lane: 'interactive',
      payload: { mail_id: id },
      requestId,
      ...(delay === 0 ? {} : { delay }),
    });
  const sendingParts = { ...parts, resolvers, conditions, enqueueing };
  queue.handle({
    kind: KIND,
    attempts: 5,
    run: (job) => sendMail(sendingParts, job),
    giveUp: (job, { code }) => giveUpMail(sendingParts, job, code),
  });

  return {
    sending({ template: asked, facts, attachments = [], accountId = NOBODYS, requestId, ...message }) {
      const id = ids.next();
      // A fact that does not fit is the caller's mistake: it shows here, and not in a job.
      const template = templateCalled(typeof asked === 'string' ? asked : asked.name);
      const brandOf = message.product ?? productOf(template);
      const checked = { facts: template.facts.parse(facts), attachments, brandOf };
      if (attachments.length > 0 && template.attachments.length === 0)
        throw new Error(`the template ${template.name} says of no attachments`);
      return [
        insertMessage({
          accountId,
          id,
          userId: message.userId,
          recipient: message.to,
          template: template.name,
          status: 'waiting',
          facts: sealFacts(secrets, { accountId, id }, checked),
          once: message.once,
        }),
        ...enqueueing({ accountId, id, requestId: requestId ?? id }),
      ];
    },
    asking({ to, template, userId, facts = {}, requestId }) {
      const id = ids.next();
      return [
        insertMessage({
          accountId: NOBODYS,
          id,
          userId,
          recipient: to,
          template,
          status: 'asked',
          facts: sealFacts(secrets, { accountId: NOBODYS, id }, { facts }),
          once: undefined,
        }),
        ...enqueueing({ accountId: NOBODYS, id, requestId }),
      ];
    },
    resolve(added) {
      for (const [template, resolver] of Object.entries(added)) resolvers.set(template, resolver);
    },
    onlyWhile: (template, holds) => void conditions.set(template, holds),
    recently: (userId, template) =>
      statement(
        `select count(*)::int as count from mail.messages
         where user_id = $1 and template = $2 and created_at > app.now() - ${HOUR} and status <> 'asked'`,
        [userId, template],
      ),
    async lately(to, template) {
      const [[row]] = await db.system('mail.sending', [
        statement<{ count: number }>(
          `select count(*)::int as count from mail.messages
           where lower(recipient) = lower($1) and template = $2 and created_at > app.now() - ${HOUR}`,
          [to, template],
        ),
      ]);
      return row?.count ?? 0;
    },
    wake: () => queue.wake(),
    async list(query) {
      const [rows] = await db.system('admin.mail', [listMessages({ ...query, limit: query.limit + 1 })]);
      return page(rows, query.limit, { item: lineOf, position: ({ id }) => [id] });
    },
    previews: () =>
      mailTemplates().map((one) => ({
        name: one.name,
        ...render(one, one.example, parts.brandOf(productOf(one))),
      })),
    isShown: parts.isOpen === true && parts.transport.read !== undefined,
    text: async (id) => (parts.isOpen === true ? parts.transport.read?.(id) : undefined),
    async prune() {
      const [old] = await db.system('mail.sending', [oldMessages]);
      const gone = old.map(({ id }) => id);
      // The files first: without its line no later run, not even an erasure, would find one that was left behind.
      await parts.transport.forget?.(gone);
      const [rows] = await db.system('mail.sending', PRUNE, [pruneMessages(gone)]);
      return rows.length;
    },
    async forget(whose) {
      const [rows] = await db.system('mail.sending', [messagesOf(whose)]);
      await parts.transport.forget?.(rows.map(({ id }) => id));
    },
  };
}

function lineOf(row: LogRow): LogLine {
  const { id, account_id, user_id, recipient, template, status, attempts, error } = row;
  return {
    id,
    account_id: account_id === NOBODYS ? null : account_id,
    user_id,
    to: recipient,
    template,
    status,
    attempts,
    error,
    created_at: row.created_at.toISOString(),
    due_at: row.due_at.toISOString(),
    sent_at: row.sent_at?.toISOString() ?? null,
  };
}
