import { type Statement, statement } from '#platform/db';
import type { AccountId, Ids } from '#platform/kernel';
import { EVENT_KINDS, EVENT_VERSION, type EventData, type PlatformEventType } from './event-kinds.ts';

/** A product's type: `notes.answer.failed`. Its first word is the product's name. */
export type ProductEventType = `${string}.${string}.${string}`;
/** `webhook.test` goes to the one endpoint that an admin tries, with any selection of types. */
export type EventType = PlatformEventType | ProductEventType | 'webhook.test';

const known = new Map<string, string>(Object.entries(EVENT_KINDS).map(([type, { when }]) => [type, when]));

/** Makes the events of a product known, so that endpoints may ask for them. */
export function addEvents(events: Readonly<Record<ProductEventType, string>>): void {
  for (const [type, when] of Object.entries(events)) known.set(type, when);
}

/** Everything that an endpoint may ask to be told, and when it is; by name, whichever product was read first. */
export function eventTypes(): ReadonlyMap<string, string> {
  return new Map([...known].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** An event, as the module where it happened tells it. */
export type NewEvent = PlatformEvent | ProductEvent;
type PlatformEvent = {
  readonly [Type in PlatformEventType]: About & { readonly type: Type; readonly data: EventData<Type> };
}[PlatformEventType];
interface ProductEvent extends About {
  readonly type: ProductEventType;
  /** In snake_case, as receivers read it: ids, names and numbers, never user text. */
  readonly data: Readonly<Record<string, unknown>>;
}
interface About {
  /** The account that it is about; none: no account. */
  readonly accountId?: AccountId | undefined;
  /** Makes it once: a second event of the same type, account and id is none. Not there: its transaction happens once. */
  readonly id?: string;
}

/** An event as it is stored. */
export interface EventRow {
  readonly id: string;
  readonly type: EventType;
  readonly account_id: string;
  /** The operator's own id of the account. */
  readonly customer: string | null;
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
  return (event) => {
    if (!known.has(event.type)) throw new Error(`nobody has declared the event ${event.type}`);
    return [emit(event, ids.next())];
  };
}

const emit = ({ type, accountId, id, data }: NewEvent, eventId: string) =>
  statement('select webhooks.emit($1, $2, $3, $4, $5::text::jsonb)', [
    eventId,
    type,
    accountId ?? NOBODY,
    id ?? eventId,
    JSON.stringify(data),
  ]);

/** The body that is sent, the same bytes at every attempt. */
export function bodyOf({ id, type, account_id, customer, data, created_at }: EventRow): string {
  const account = account_id === NOBODY ? null : account_id;
  const timestamp = created_at.toISOString();
  return JSON.stringify({ id, type, version: EVENT_VERSION, timestamp, account_id: account, customer, data });
}
