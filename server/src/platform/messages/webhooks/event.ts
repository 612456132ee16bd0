import { type Statement, statement } from '#platform/db';
import type { AccountId, Ids } from '#platform/kernel';

/** Events of the platform that an endpoint may ask for, and when they come (docs/webhooks.md says with which data). */
const OURS = {
  'limit.alert': 'an account has used 80 or 100 % of a limit',
  'permit.denied': 'a limit refuses an account, once in its window',
  'plan.changed': 'an account has another plan or other add-ons than before',
  'payment.failed': 'a renewal could not be charged',
  'operator_budget.closed': 'a budget of the operator is used up for the day',
} as const;
/** A product's type: `notes.answer.failed`. Its first word is the product's name. */
export type ProductEventType = `${string}.${string}.${string}`;
/** `webhook.test` goes to the one endpoint that an admin tries, with any selection of types. */
export type EventType = keyof typeof OURS | ProductEventType | 'webhook.test';

const known = new Map<string, string>(Object.entries(OURS));

/** Makes the events of a product known, so that endpoints may ask for them. */
export function addEvents(events: Readonly<Record<ProductEventType, string>>): void {
  for (const [type, when] of Object.entries(events)) known.set(type, when);
}

/** Everything that an endpoint may ask to be told, and when it is; by name, whichever product was read first. */
export function eventTypes(): ReadonlyMap<string, string> {
  return new Map([...known].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** An event, as the module where it happened tells it. */
export interface NewEvent {
  readonly type: EventType;
  /** The account that it is about; none: no account. */
  readonly accountId?: AccountId | undefined;
  /** Makes it once: a second event of the same type, account and id is none. */
  readonly id: string;
  /** In snake_case, as receivers read it: ids, names and numbers, never user text. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event as it is stored. */
export interface EventRow {
  readonly id: string;
  readonly type: EventType;
  readonly account_id: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly created_at: Date;
}

/** Stands for no account in a column that is never empty. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

export type Emitting = (event: NewEvent) => readonly Statement[];

/**
 * The statements that store an event in the transaction of what it tells of: in the scope of its account or in that of
 * the system. It is told if that transaction commits, and only then.
 */
export function emittingOf({ ids }: { readonly ids: Ids }): Emitting {
  return ({ type, accountId, id, data }) => {
    if (!known.has(type)) throw new Error(`nobody has declared the event ${type}`);
    return [emit({ type, accountId, id, data }, ids)];
  };
}

const emit = ({ type, accountId, id, data }: NewEvent, ids: Ids) =>
  statement('select webhooks.emit($1, $2, $3, $4, $5::text::jsonb)', [
    ids.next(),
    type,
    accountId ?? NOBODY,
    id,
    JSON.stringify(data),
  ]);

/** The body that is sent, the same bytes at every attempt. */
export function bodyOf({ id, type, account_id, data, created_at }: EventRow): string {
  const account = account_id === NOBODY ? null : account_id;
  return JSON.stringify({ id, type, timestamp: created_at.toISOString(), account_id: account, data });
}
