import { z } from 'zod';
import { eventTypes } from './event.ts';
import { EVENT_KINDS, EVENT_VERSION, type EventKind } from './event-kinds.ts';

/** An event type as receivers know it: when it comes, the schema of its body and an example. */
export interface EventSchema {
  readonly type: string;
  readonly when: string;
  readonly schema: z.ZodType;
  readonly example: Readonly<Record<string, unknown>>;
}

const kinds: Readonly<Record<string, EventKind>> = EVENT_KINDS;

/** All types that an endpoint may ask for. A product says when its events come, and not what they hold. */
export function eventSchemas(): readonly EventSchema[] {
  return [...eventTypes()].map(([type, when]) => {
    const { data, example } = kinds[type] ?? { data: z.record(z.string(), z.unknown()), example: {} };
    const isOfAccount = type !== 'operator_budget.closed';
    return {
      type,
      when,
      schema: z
        .strictObject({
          id: z.uuid().describe('The `webhook-id`: the same whenever it comes again.'),
          type: z.literal(type),
          version: z.literal(EVENT_VERSION),
          timestamp: z.iso.datetime(),
          account_id: z.uuid().nullable().describe('Whom it is about.'),
          customer: z.string().nullable().describe('Your own id of that account, where it has one.'),
          data,
        })
        .meta({ id: nameOf(type) }),
      example: {
        id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a12',
        type,
        version: EVENT_VERSION,
        timestamp: '2026-11-20T08:00:00.000Z',
        account_id: isOfAccount ? '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a01' : null,
        customer: null,
        data: example,
      },
    };
  });
}

/** `LimitAlertEvent` of `limit.alert`. */
function nameOf(type: string): string {
  const words = type.split(/[._]/).map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  return `${words.join('')}Event`;
}
