import type { ServerResponse } from 'node:http';
import type { NamedCall, Permit, PreparedCall, Protocol } from 'plinth/product';
import { z } from 'zod';
import { CHAT_SECONDS } from '../plans.ts';
import { type CallFrom, featureOf, type Gateway } from '../service.ts';

/** A door at which a model is called, alike at each: who may come, and how large a body may be. */
export const CALL = {
  tag: 'AI gateway',
  auth: 'account',
  onBehalf: true,
  may: 'member',
  scope: 'ai:call',
  rate: { perMinute: 6_000, by: 'account' },
  private: true,
  rawBody: true,
  maxBody: 1024 * 1024,
  largeBody: { grant: 'body_mb', most: 32 * 1024 * 1024 },
  // As long as a call may take by the policy, and a little longer than that, so that its own end is told.
  maxSeconds: CHAT_SECONDS + 60,
  produces: ['application/json', 'text/event-stream'],
  errors: [
    'model_unknown',
    'model_not_allowed',
    'model_unsupported',
    'field_refused',
    'context_too_large',
    'context_length_exceeded',
    'call_too_costly',
    'provider_unavailable',
    'provider_timeout',
    'provider_rejected',
    'provider_not_found',
    'provider_unprocessable',
    'provider_rate_limited',
    'provider_key_refused',
    'provider_key_throttled',
    'answer_unusable',
    'answer_too_large',
  ],
} as const;

/** A call that lists models, alike in each protocol. */
export const LISTING = {
  tag: CALL.tag,
  auth: CALL.auth,
  onBehalf: CALL.onBehalf,
  may: 'viewer',
  scope: CALL.scope,
  rate: { perMinute: 600, by: 'account' },
} as const;

/** Fields that bodies of several protocols have, for the docs: a door reads its body itself, by a table of fields. */
export const MODEL = z.string().describe('A model of `GET /v1/ai/models`, or an alias such as `small`.');
export const STREAM = z.boolean().nullable().optional();
export const LENGTH = z
  .int()
  .min(1)
  .nullable()
  .optional()
  .describe(
    'Without it, the reply is capped by what your budget of the day still buys; `x-plinth-max-tokens` says by how much.',
  );

/** A call spends its feature once its body was read and priced. `nameOf`: the model, where the path says it. */
export function spends<Params = unknown>(protocol: Protocol, nameOf?: (params: Params) => NamedCall) {
  return {
    feature: featureOf(protocol),
    as: 'inline',
    prepare: (
      { wire, caller, accountId, params }: CallFrom & { readonly params: Params },
      gateway: Gateway,
    ) => gateway.prepare(protocol, { wire, accountId, models: caller?.models, named: nameOf?.(params) }),
  } as const;
}

interface AdmittedCall {
  readonly permit: Permit;
  /** Made by `spends`. */
  readonly prepared: unknown;
  readonly origin: { readonly signal: AbortSignal; readonly traceparent: string | undefined };
  readonly wire: { readonly take: () => ServerResponse };
  readonly idempotencyKey: string | undefined;
}

/** Makes an admitted call, and answers it on the wire. */
export function relayCall(
  { permit, prepared, origin, wire, idempotencyKey }: AdmittedCall,
  gateway: Gateway,
): Promise<void> {
  const call = prepared as PreparedCall;
  return gateway.relay({
    permit,
    prepared: call,
    signal: origin.signal,
    traceparent: origin.traceparent,
    keep: idempotencyKey !== undefined && !call.stream,
    take: wire.take,
  });
}
