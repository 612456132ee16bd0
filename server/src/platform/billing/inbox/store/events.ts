import { statement } from '#platform/db';
import type { ObjectRef } from '../../facts.ts';
import { ON_EVENT, keyOf } from './fetch-tasks.ts';
import type { ProviderEvent, ProviderMode } from '../../payment-provider.ts';

export const EVENT_STATES = ['received', 'applied', 'waiting', 'ignored', 'dead'] as const;
export type EventState = (typeof EVENT_STATES)[number];

/** A payment provider's message, as it is kept. */
export interface StoredEvent extends ProviderEvent {
  readonly body: string;
  readonly via: 'webhook' | 'reconciler';
}

/**
 * Keeps a message and marks its object, under one number; no row: it was known already. What it is about decides
 * whether there is anything to do.
 */
export const insertEvent = ({ provider, mode }: ProviderMode, message: StoredEvent) =>
  statement<{ kind: string | null }>(
    `with message as (
       insert into billing.inbox (store, mode, event_id, type, body, kind, object_id, number, occurred_at, via, state, settled_at, answer_by, answer_at)
       values ($1, $2, $3, $4, $5, $6::text, $7, nextval('billing.numbers'), $8, $9,
         case when $6::text is null then 'ignored' else 'received' end, case when $6::text is null then app.now() end,
         $10::timestamptz, case when $10::timestamptz is not null then app.now() end)
       on conflict (store, mode, event_id) do nothing returning kind, object_id, number),
     want as (
       insert into billing.wants as w (store, mode, kind, object_id, wanted)
       select $1, $2, kind, object_id, number from message where kind is not null ${ON_EVENT})
     select kind from message`,
    [
      provider,
      mode,
      message.eventId,
      message.type,
      message.body,
      message.about?.kind ?? null,
      message.about?.id ?? null,
      message.occurredAt,
      message.via,
      message.answerBy ?? null,
    ],
  );

/** Ends the messages that a fetch of this number has seen; `forgets`: without what they said of a customer. */
export const settleEvents = (
  providerMode: ProviderMode,
  ref: ObjectRef,
  {
    number,
    state,
    forgets = false,
  }: { readonly number: number; readonly state: EventState; readonly forgets?: boolean },
) =>
  statement(
    `update billing.inbox set state = $6, body = case when $7 then '' else body end, settled_at = app.now(), updated_at = app.now()
     where store = $1 and mode = $2 and kind = $3 and object_id = $4 and number < $5 and state in ('received', 'waiting', 'dead')`,
    [...keyOf(providerMode, ref), number, state, forgets],
  );
