import type { FastifyReply } from 'fastify';
import { addressBlock, ratesOf, type Route, type RouteRate } from '#platform/http';
import { AppError, sha256 } from '#platform/kernel';
import type { RateEntry, RateVerdict } from '#platform/limits';
import { isOnBehalf, type Standing } from './callers.ts';
import type { Input } from './input.ts';
import type { ServerParts } from './parts.ts';
import type { Visit } from './visits.ts';

export interface RatedCall {
  readonly product: string;
  readonly visit: Visit;
  readonly standing: Standing;
  readonly input: Input;
}

/** Takes the route's rates, all in one question, before any work is done; the answer carries them as headers. */
export async function takeRates(route: Route, call: RatedCall, parts: ServerParts): Promise<void> {
  const { rateOf } = route.shape;
  const named: (RateEntry & { readonly name: string })[] = ratesOf(route).map(({ by, perMinute }) => ({
    name: by,
    key: `${route.name} ${by} ${countedBy(by, call)}`,
    perMinute,
  }));
  const subject = rateOf?.of(call.input);
  if (rateOf !== undefined && subject !== undefined) {
    // What people type (an email) is not written down: a digest counts as well.
    const key = `${route.name} ${rateOf.name} ${sha256(subject).slice(0, 32)}`;
    named.push({ name: rateOf.name, key, perMinute: rateOf.perMinute });
  }
  const verdict = await parts.rates.take(named);
  if (verdict === undefined) return;
  const name = named[verdict.entry]?.name ?? 'rate';
  describeRate(call.visit.reply, name, verdict);
  if (verdict.allowed) return;
  const limit = `requests_per_minute_by_${name}`;
  parts.telemetry.metrics.denial(call.product, limit);
  throw new AppError('limit_exceeded', {
    message: 'This is called too often. Wait a moment.',
    details: {
      limit,
      used: verdict.limit,
      max: verdict.limit,
      resets_at: verdict.resetsAt.toISOString(),
      upgrade: null,
    },
    retryAfter: verdict.seconds,
  });
}

function countedBy(by: RouteRate['by'], { visit, standing }: RatedCall): string {
  switch (by) {
    case 'ip':
      return addressBlock(visit.ip);
    case 'user':
      return standing.caller?.userId ?? '';
    case 'account':
      // What the operator's backend does for a customer does not wait for what the customer's does, nor the other way round.
      return `${standing.accountId ?? ''}${isOnBehalf(standing) ? ' on behalf' : ''}`;
    case 'member':
      return `${standing.accountId ?? ''} ${standing.caller?.userId ?? ''}`;
    case 'key':
      return standing.caller?.keyId ?? standing.caller?.userId ?? '';
  }
}

/** RateLimit headers as draft-ietf-httpapi-ratelimit-headers-10 has them: policy and state by the same name. */
function describeRate(reply: FastifyReply, name: string, verdict: RateVerdict): void {
  reply.header('ratelimit-policy', `"${name}";q=${verdict.limit};w=60`);
  reply.header('ratelimit', `"${name}";r=${verdict.remaining};t=${verdict.seconds}`);
}
