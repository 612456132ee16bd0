import { type Statement, statement, type Transaction } from '#platform/db';
import type { Caller, Origin } from '#platform/http';
import { type AccountId, type Ids, type KeyId, type UserId, withoutDeclaredSecrets } from '#platform/kernel';

/** The actor. A key acts for a person, and both are kept. */
export type Actor =
  | { readonly kind: 'user'; readonly userId: UserId }
  | { readonly kind: 'key'; readonly keyId: KeyId; readonly userId: UserId }
  | { readonly kind: 'store'; readonly name: string }
  | { readonly kind: 'system' };

/** Where a request came from, as far as the audit keeps it. */
export type RequestOrigin = Pick<Origin, 'requestId' | 'ip' | 'userAgent'>;

export interface AuditEvent {
  /** The act, module first: `session.reused`, `organization.member_added`. */
  readonly action: string;
  readonly actor: Actor;
  readonly accountId?: AccountId | undefined;
  readonly target?: { readonly kind: string; readonly id: string };
  /** Changed fields, and their new values. Never a secret: a key or hash in here is refused. */
  readonly changes?: Readonly<Record<string, unknown>>;
  readonly origin?: RequestOrigin | undefined;
}

export interface Audit {
  /** Appends an event in the transaction of what it tells of: both are there, or neither. */
  recordIn(tx: Transaction, event: AuditEvent): Promise<void>;
  /** The same of several, in one statement. */
  recordAllIn(tx: Transaction, events: readonly AuditEvent[]): Promise<void>;
}

const SECRET = /(^|_)(passwords?|secrets?|token|hash|credentials?|authorization|cookies?)$/i;
const USER_AGENT_LIMIT = 300;

/** The audit: append-only, for all modules. */
export function createAudit({ ids }: { readonly ids: Ids }): Audit {
  return {
    recordIn: async (tx, event) => void (await tx.run(insertEvent(ids, event))),
    async recordAllIn(tx, events) {
      if (events.length > 0) await tx.run(insertEvents(ids, events));
    },
  };
}

const COLUMNS = `id, account_id, actor_kind, actor_id, user_id, action, target_kind, target_id,
       changes, ip, user_agent, request_id`;

function insertEvent(ids: Ids, event: AuditEvent): Statement {
  const row = rowOf(ids, event);
  return statement(
    `insert into audit.events (${COLUMNS})
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      row.id,
      row.account_id,
      row.actor_kind,
      row.actor_id,
      row.user_id,
      row.action,
      row.target_kind,
      row.target_id,
      row.changes,
      row.ip,
      row.user_agent,
      row.request_id,
    ],
  );
}

/** One statement, however many they are: a batch of customers has 500. */
function insertEvents(ids: Ids, events: readonly AuditEvent[]): Statement {
  return statement(
    `insert into audit.events (${COLUMNS})
     select id, account_id, actor_kind, actor_id, user_id, action, target_kind, target_id, changes::jsonb, ip, user_agent, request_id
     from jsonb_to_recordset($1::text::jsonb) as events (id uuid, account_id uuid, actor_kind text, actor_id text, user_id uuid, action text,
       target_kind text, target_id text, changes text, ip text, user_agent text, request_id text)`,
    [JSON.stringify(events.map((event) => rowOf(ids, event)))],
  );
}

function rowOf(ids: Ids, event: AuditEvent) {
  refuseSecrets(event.changes);
  const { actor, target, origin } = event;
  return {
    id: ids.next(),
    account_id: event.accountId ?? null,
    actor_kind: actor.kind,
    actor_id: actorId(actor),
    user_id: 'userId' in actor ? actor.userId : null,
    action: event.action,
    target_kind: target?.kind ?? null,
    target_id: target === undefined ? null : withoutDeclaredSecrets(target.id),
    changes: JSON.stringify(event.changes ?? {}, withoutSecretValue),
    ip: origin?.ip ?? null,
    user_agent: origin === undefined ? null : userAgentOf(origin),
    request_id: origin?.requestId ?? null,
  };
}

const withoutSecretValue = (_name: string, value: unknown): unknown =>
  typeof value === 'string' ? withoutDeclaredSecrets(value) : value;

function userAgentOf({ userAgent }: RequestOrigin): string {
  return withoutDeclaredSecrets(userAgent).slice(0, USER_AGENT_LIMIT);
}

/** The actor that a caller is: the key, where there is one. */
export function actorOf(caller: Pick<Caller, 'userId' | 'keyId'>): Actor {
  if (caller.keyId === undefined) return { kind: 'user', userId: caller.userId };
  return { kind: 'key', keyId: caller.keyId, userId: caller.userId };
}

function actorId(actor: Actor): string | null {
  switch (actor.kind) {
    case 'user':
      return actor.userId;
    case 'key':
      return actor.keyId;
    case 'store':
      return actor.name;
    case 'system':
      return null;
  }
}

/** A secret in an append-only table could never be taken out again: its name alone is enough to refuse it. */
function refuseSecrets(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (SECRET.test(name)) throw new Error(`an audit event must not hold a secret: ${name}`);
    refuseSecrets(inner);
  }
}
