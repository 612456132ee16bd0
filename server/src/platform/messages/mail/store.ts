import { deleteUnheld, statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import type { Facts } from './catalogue.ts';
import type { OutgoingMail } from './transport.ts';

/** A mail to be stored, in the transaction of what it tells of. */
export interface NewMessage {
  readonly accountId: AccountId;
  readonly id: string;
  readonly userId: UserId | undefined;
  readonly recipient: string;
  readonly template: string;
  readonly status: 'asked' | 'waiting';
  /** Sealed. */
  readonly facts: string;
  readonly once: string | undefined;
}

export const insertMessage = (message: NewMessage) =>
  statement(
    `insert into mail.messages (account_id, id, user_id, recipient, template, status, facts, once)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (account_id, once) do nothing`,
    [
      message.accountId,
      message.id,
      message.userId ?? null,
      message.recipient,
      message.template,
      message.status,
      message.facts,
      message.once ?? null,
    ],
  );

/** A mail on its way, as it is stored. */
export interface StoredMessage extends Omit<MessageRow, 'facts' | 'attachments' | 'brandOf'> {
  /** Sealed. */
  readonly facts: string;
}

/** A mail on its way. */
export interface MessageRow {
  readonly account_id: AccountId;
  readonly id: string;
  readonly user_id: UserId | null;
  readonly recipient: string;
  readonly template: string;
  readonly status: 'asked' | 'waiting';
  readonly facts: Facts;
  readonly attachments: OutgoingMail['attachments'];
  /** The product whose brand it bears; undefined: the server's. */
  readonly brandOf: string | undefined;
  readonly attempts: number;
  readonly created_at: Date;
  readonly is_over: boolean;
}

/** The mail of a job, when it is due: not sent yet, and not put off. */
export const dueMessage = (accountId: AccountId, id: string) =>
  statement<StoredMessage>(
    `select account_id, id, user_id, recipient, template, status, facts, attempts, created_at,
       expires_at <= app.now() as is_over
     from mail.messages where account_id = $1 and id = $2 and status in ('asked', 'waiting') and due_at <= app.now()
       and facts is not null`,
    [accountId, id],
  );

/** The same, locked; none when another has resolved it meanwhile. */
export const lockAsked = (accountId: AccountId, id: string) =>
  statement<StoredMessage>(
    `select account_id, id, user_id, recipient, template, status, facts, attempts, created_at,
       expires_at <= app.now() as is_over
     from mail.messages where account_id = $1 and id = $2 and status = 'asked' and facts is not null for update`,
    [accountId, id],
  );

export const resolveMessage = (
  message: Pick<MessageRow, 'account_id' | 'id'>,
  resolved: {
    readonly userId: UserId | undefined;
    readonly to: string;
    /** Sealed. */
    readonly facts: string;
    readonly seconds: number;
  },
) =>
  statement<StoredMessage>(
    `update mail.messages set status = 'waiting', user_id = $3, recipient = $4, facts = $5,
       expires_at = app.now() + make_interval(secs => $6), updated_at = app.now()
     where account_id = $1 and id = $2
     returning account_id, id, user_id, recipient, template, status, facts, attempts, created_at, false as is_over`,
    [message.account_id, message.id, resolved.userId ?? null, resolved.to, resolved.facts, resolved.seconds],
  );

/** Without a recipient: the address that was typed is not kept. */
export const dropMessage = ({ account_id, id }: Pick<MessageRow, 'account_id' | 'id'>) =>
  statement('delete from mail.messages where account_id = $1 and id = $2', [account_id, id]);

/** The end of a mail: what it was filled with goes. Without an error that of the last try stays. */
export const endMessage = (
  { account_id, id }: Pick<MessageRow, 'account_id' | 'id'>,
  end: { readonly status: 'sent' | 'refused' | 'failed'; readonly error: string | null },
) =>
  statement(
    `update mail.messages set status = $3, facts = null,
       error = case when $3 <> 'sent' then coalesce($4, error) end, attempts = attempts + 1, updated_at = app.now(),
       sent_at = case when $3 = 'sent' then app.now() end
     where account_id = $1 and id = $2 and status in ('asked', 'waiting')`,
    [account_id, id, end.status, end.error],
  );

/** Puts a mail off by milliseconds. A row comes back where it still waits. */
export const putOff = (
  { account_id, id }: Pick<MessageRow, 'account_id' | 'id'>,
  { delay, error }: { readonly delay: number; readonly error: string },
) =>
  statement<{ id: string }>(
    `update mail.messages set attempts = attempts + 1, error = $3, updated_at = app.now(),
       due_at = app.now() + make_interval(secs => $4::double precision / 1000)
     where account_id = $1 and id = $2 and status = 'waiting' returning id`,
    [account_id, id, error, delay],
  );

export const STATUSES = ['asked', 'waiting', 'sent', 'refused', 'failed'] as const;

/** A line of the log. */
export interface LogRow extends Omit<MessageRow, 'status' | 'facts' | 'attachments' | 'is_over'> {
  readonly status: (typeof STATUSES)[number];
  readonly error: string | null;
  readonly due_at: Date;
  readonly sent_at: Date | null;
}

export interface LogQuery {
  readonly status: string | undefined;
  readonly template: string | undefined;
  readonly to: string | undefined;
  readonly before: string | undefined;
  readonly limit: number;
}

/** Newest first. */
export const listMessages = ({ status, template, to, before, limit }: LogQuery) =>
  statement<LogRow>(
    `select account_id, id, user_id, recipient, template, status, attempts, error, due_at, sent_at, created_at
     from mail.messages
     where ($1::text is null or status = $1) and ($2::text is null or template = $2)
       and ($3::text is null or lower(recipient) = lower($3)) and ($4::uuid is null or id < $4)
     order by id desc limit $5`,
    [status ?? null, template ?? null, to ?? null, before ?? null, limit],
  );

/** Whose mails: an account's, or a person's, by who they are and by their address, where they have verified one. */
export type Whose =
  | { readonly accountId: AccountId }
  | { readonly userId: UserId; readonly email: string | null };

export const messagesOf = (whose: Whose) =>
  'accountId' in whose
    ? statement<{ id: string }>('select id from mail.messages where account_id = $1', [whose.accountId])
    : statement<{ id: string }>(
        'select id from mail.messages where user_id = $1 or lower(recipient) = lower($2)',
        [whose.userId, whose.email],
      );

const IS_OLD = `status in ('sent', 'refused', 'failed') and updated_at < app.now() - interval '90 days'`;

/** Lines of the log that are older than three months. */
export const oldMessages = statement<{ id: string }>(`select id from mail.messages where ${IS_OLD}`);

export const pruneMessages = (ids: readonly string[]) =>
  statement<{ id: string }>(
    `${deleteUnheld(
      'mail.messages',
      `${IS_OLD} and id in (select old.id::uuid from jsonb_array_elements_text($1::text::jsonb) as old (id))`,
    )} returning id`,
    [JSON.stringify(ids)],
  );
