import type { FastifyReply } from 'fastify';
import { addressBlock, ratesOf, type Route, type RouteRate } from '#platform/http';
import { AppError, sha256 } from '#platform/kernel';
import { planRequired, type RateEntry, type RateVerdict } from '#platform/limits';
import { isOnBehalf, type CallerContext } from './caller-context.ts';
import type { Input } from './input.ts';
import type { ServerParts } from './parts.ts';
import type { InFlightRequest } from './in-flight.ts';

export interface RatedCall {
  readonly product: string;
  readonly inFlight: InFlightRequest;
  readonly context: CallerContext;
  readonly input: Input;
}

/** An entry, and what it is to whoever is refused by it. */
interface NamedRate extends RateEntry {
  /** In the RateLimit headers. */
  readonly name: string;
  /** The account's plan, where the rate is one of it. */
  readonly soldBy?: string;
}

/** Takes the route's rates, all in one question, before any work is done; the answer carries them as headers. */
export async function takeRates(route: Route, call: RatedCall, parts: ServerParts): Promise<void> {
  const { rateOf } = route.shape;
  const named: NamedRate[] = ratesOf(route).map(({ by, perMinute }) => ({
    name: by,
    key: `${route.name} ${by} ${countedBy(by, call)}`,
    perMinute,
  }));
  const subject = rateOf?.of(call.input);
  if (rateOf !== undefined && subject !== undefined) {
    // What people type (an email) is not written down: a digest counts as well.
    const key = `${route.name} ${rateOf.name} ${digest(subject)}`;
    named.push({ name: rateOf.name, key, perMinute: rateOf.perMinute });
  }
  named.push(...(await soldRates(route, call, parts)));
  const verdict = await parts.rates.take(named);
  const taken = verdict === undefined ? undefined : named[verdict.entry];
  if (verdict === undefined || taken === undefined) return;
  describeRate(call.inFlight.reply, taken.name, verdict);
  if (verdict.allowed) return;
  const { product } = call;
  const limit = taken.soldBy === undefined ? `requests_per_minute_by_${taken.name}` : taken.name;
  parts.telemetry.metrics.denial(product, limit);
  const question = { product, plan: taken.soldBy ?? null, grant: limit, atLeast: verdict.limit + 1 };
  throw new AppError('limit_exceeded', {
    message: 'This is called too often. Wait a moment.',
    details: {
      limit,
      used: verdict.limit,
      max: verdict.limit,
      resets_at: verdict.resetsAt.toISOString(),
      upgrade: taken.soldBy === undefined ? null : (parts.upgradeFor?.(question) ?? null),
    },
    retryAfter: verdict.seconds,
  });
}

/** Those of the account's plan that the route names. They count over all routes that name them. */
async function soldRates(route: Route, call: RatedCall, parts: ServerParts): Promise<NamedRate[]> {
  const { product, context, input } = call;
  const { accountId } = context;
  const names = route.shape.soldRates ?? [];
  if (names.length === 0 || accountId === undefined || parts.planRates === undefined) return [];
  const { plan, rates } = await parts.planRates.now(accountId, product);
  return names.flatMap((name) => {
    const rate = rates.get(name);
    if (plan === null || rate === undefined || rate.perMinute === 0) {
      const lacking = { product, plan, grant: name, needed: 1 };
      parts.telemetry.metrics.denial(product, name);
      throw planRequired(lacking, parts.upgradeFor?.({ product, plan, grant: name, atLeast: 1 }) ?? null);
    }
    const counted = rate.by === 'machine' ? machineOf(route, input) : countedBy(rate.by, call);
    if (rate.perMinute === null || counted === undefined) return [];
    return [
      { name, key: `${product}.${name} ${accountId} ${counted}`, perMinute: rate.perMinute, soldBy: plan },
    ];
  });
}

function machineOf({ shape }: Route, input: Input): string | undefined {
  const machine = shape.machine?.(input);
  return machine === undefined ? undefined : digest(machine);
}

function digest(text: string): string {
  return sha256(text).slice(0, 32);
}

function countedBy(by: RouteRate['by'], { inFlight, context }: RatedCall): string {
  switch (by) {
    case 'ip':
      return addressBlock(inFlight.ip);
    case 'user':
      return context.caller?.userId ?? '';
    case 'account':
      // What the operator's backend does for a customer does not wait for what the customer's does, nor the other way round.
      return `${context.accountId ?? ''}${isOnBehalf(context) ? ' on behalf' : ''}`;
    case 'member':
      return `${context.accountId ?? ''} ${context.caller?.userId ?? ''}`;
    case 'key':
      return context.caller?.firstKeyId ?? context.caller?.keyId ?? context.caller?.userId ?? '';
  }
}

/** RateLimit headers as draft-ietf-httpapi-ratelimit-headers-10 has them: policy and state by the same name. */
function describeRate(reply: FastifyReply, name: string, verdict: RateVerdict): void {
  reply.header('ratelimit-policy', `"${name}";q=${verdict.limit};w=60`);
  reply.header('ratelimit', `"${name}";r=${verdict.remaining};t=${verdict.seconds}`);
}
