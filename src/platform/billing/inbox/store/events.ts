import { statement } from '#platform/db';
import type { ObjectRef } from '../../facts.ts';
import { HINTED, keyOf } from './fetch-tasks.ts';
import type { Hint, Shop } from '../../payment-provider.ts';

export const MESSAGE_STATES = ['received', 'applied', 'waiting', 'ignored', 'dead'] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

/** A store's message, as it is kept. */
export interface Message extends Hint {
  readonly body: string;
  readonly via: 'webhook' | 'reconciler';
}

/**
 * Keeps a message and marks its object, under one number; no row: it was known already. What it is about decides
 * whether there is anything to do.
 */
export const storeMessage = ({ store, mode }: Shop, message: Message) =>
  statement<{ kind: string | null }>(
    `with message as (
       insert into billing.inbox (store, mode, event_id, type, body, kind, object_id, number, occurred_at, via, state, settled_at)
       values ($1, $2, $3, $4, $5, $6::text, $7, nextval('billing.numbers'), $8, $9,
         case when $6::text is null then 'ignored' else 'received' end, case when $6::text is null then app.now() end)
       on conflict (store, mode, event_id) do nothing returning kind, object_id, number),
     want as (
       insert into billing.wants as w (store, mode, kind, object_id, wanted)
       select $1, $2, kind, object_id, number from message where kind is not null ${HINTED})
     select kind from message`,
    [
      store,
      mode,
      message.eventId,
      message.type,
      message.body,
      message.about?.kind ?? null,
      message.about?.id ?? null,
      message.occurredAt,
      message.via,
    ],
  );

/** Ends the messages that a fetch of this number has seen; `forgets`: without what they said of a customer. */
export const settleMessages = (
  shop: Shop,
  ref: ObjectRef,
  {
    number,
    state,
    forgets = false,
  }: { readonly number: number; readonly state: MessageState; readonly forgets?: boolean },
) =>
  statement(
    `update billing.inbox set state = $6, body = case when $7 then '' else body end, settled_at = app.now(), updated_at = app.now()
     where store = $1 and mode = $2 and kind = $3 and object_id = $4 and number < $5 and state in ('received', 'waiting', 'dead')`,
    [...keyOf(shop, ref), number, state, forgets],
  );
