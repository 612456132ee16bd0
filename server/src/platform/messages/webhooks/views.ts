import { namedObject } from '#platform/http';
import { z } from 'zod';
import { eventTypes, NOBODY } from './event.ts';
import { type AnyDeliveryRow, type DeliveryRow, type EndpointRow, STATES } from './store.ts';

export const endpointReply = namedObject('Webhook', {
  id: z.uuid(),
  url: z.string(),
  types: z.array(z.lazy(() => z.enum([...eventTypes().keys()]))).describe('What it is told.'),
  ordered: z
    .boolean()
    .describe(
      'Events of an account come one after the other: one that fails holds the later ones of that account.',
    ),
  description: z.string(),
  status: z.enum(['enabled', 'disabled']),
  disabled_because: z
    .enum(['gone', 'failing'])
    .nullable()
    .describe(
      '`gone`: it answered 410. `failing`: nothing reached it for five days. null: it is enabled, or an admin disabled it.',
    ),
  failing_since: z.iso.datetime().nullable().describe('Since when every delivery has failed.'),
  former_secret_until: z.iso
    .datetime()
    .nullable()
    .describe('Until when the secret before the last rotation signs too.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type EndpointView = z.infer<typeof endpointReply>;

export const deliveryReply = namedObject('WebhookDelivery', {
  id: z.uuid(),
  event_id: z.uuid().describe('The `webhook-id` that it is sent under.'),
  type: z.lazy(() => z.enum([...eventTypes().keys(), 'webhook.test'])),
  account_id: z.uuid().nullable().describe('Whom the event is about.'),
  status: z.enum(STATES).describe('`sending`: a job has it. `dead`: all attempts failed; replay it.'),
  attempts: z.int().describe('How often it was tried since it was last begun.'),
  next_attempt_at: z.iso.datetime().nullable(),
  answered: z.int().nullable().describe('The HTTP status of the last answer.'),
  answer: z.string().nullable().describe('The beginning of its body.'),
  error: z
    .string()
    .nullable()
    .describe('Why there was no answer: `timeout`, `unreachable`, `refused_address` or `internal`.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type DeliveryView = z.infer<typeof deliveryReply>;

export const anyDeliveryReply = namedObject('AnyWebhookDelivery', {
  ...deliveryReply.shape,
  webhook_id: z.uuid(),
  url: z.string(),
});

const instant = (at: Date | null) => at?.toISOString() ?? null;

export function endpointView(row: EndpointRow): EndpointView {
  const { id, url, types, ordered, description, status, reason } = row;
  return {
    id,
    url,
    types: [...eventTypes().keys()].filter((type) => types.includes(type)),
    ordered,
    description,
    status,
    disabled_because: reason === 'gone' || reason === 'failing' ? reason : null,
    failing_since: instant(row.failing_since),
    former_secret_until: instant(row.former_until),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

export function deliveryView(row: DeliveryRow): DeliveryView {
  const { id, event_id, type, account_id, state, attempt, status, answer, error } = row;
  return {
    id,
    event_id,
    type,
    account_id: account_id === NOBODY ? null : account_id,
    status: state,
    attempts: attempt,
    next_attempt_at: instant(row.due_at),
    answered: status,
    answer,
    error,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

export const anyDeliveryView = (row: AnyDeliveryRow): z.infer<typeof anyDeliveryReply> => ({
  ...deliveryView(row),
  webhook_id: row.endpoint_id,
  url: row.url,
});
