import { addressBlock, type Caller, ratesOf, type Route, type RouteRate } from '#platform/http';
import { AppError, sha256 } from '#platform/kernel';
import { planRequired, type RateEntry, type RateVerdict } from '#platform/limits';
import { isOnBehalf, type CallerContext } from './caller-context.ts';
import type { Input } from './input.ts';
import type { ServerParts } from './parts.ts';
import type { InFlightRequest } from './in-flight.ts';
import type { Responder } from './responder.ts';

export interface RatedCall {
  readonly product: string;
  readonly inFlight: InFlightRequest;
  readonly context: CallerContext;
  readonly input: Input;
}

/** An entry, and its name in the refusal. */
interface NamedRate extends RateEntry {
  /** In the RateLimit headers. */
  readonly name: string;
  /** The account's plan, where the rate is one of it. */
  readonly soldBy?: string;
}

/** A call's requests to the store before any work is done: the route's own rates, and those of the account's plan. */
export type RatesOfCall = (
  call: RatedCall,
  parts: ServerParts,
) => readonly NamedRate[] | Promise<readonly NamedRate[]>;

/** The rates of a route. Of a caller who is known they are the same with each call, and made once. */
export function ratesOfCall(route: Route): RatesOfCall {
  const { rateOf, soldRates: sold = [] } = route.shape;
  const declared = ratesOf(route);
  // The IP of a call by a secret of the product was counted before that was looked up.
  const own = (call: RatedCall) =>
    declared
      .filter(({ by }) => by !== 'ip' || call.context.productKey === undefined)
      .map((rate) => namedRate(route, rate, call));
  if (rateOf === undefined && sold.length === 0 && declared.every(({ by }) => by !== 'ip'))
    return onceForCaller(own);
  return async (call, parts) => {
    const named: NamedRate[] = own(call);
    const subject = rateOf?.of(call.input);
    if (rateOf !== undefined && subject !== undefined) {
      // Subjects that people type (an email) are not written down: a digest counts as well.
      const key = `${route.name} ${rateOf.name} ${digest(subject)}`;
      named.push({ name: rateOf.name, key, perMinute: rateOf.perMinute });
    }
    return [...named, ...(await soldRates(route, call, parts))];
  };
}

/** The rates of a route by IP alone, counted before a secret of the product is looked up. */
export function ratesByIp(route: Route): RatesOfCall {
  const declared = ratesOf(route).filter(({ by }) => by === 'ip');
  return (call) => declared.map((rate) => namedRate(route, rate, call));
}

function namedRate(route: Route, { by, perMinute }: RouteRate, call: RatedCall): NamedRate {
  return { name: by, key: `${route.name} ${by} ${countedBy(by, call)}`, perMinute };
}

/**
 * Kept by the caller, which identity makes anew when a key, a session or a role of the platform is not what it was: with it goes what was
 * made of it. The account may be another one with the next call, and so may be in whose name it is made.
 */
function onceForCaller(
  make: (call: RatedCall) => readonly NamedRate[],
): (call: RatedCall) => readonly NamedRate[] {
  const made = new WeakMap<
    Caller,
    { readonly context: CallerContext; readonly rates: readonly NamedRate[] }
  >();
  return (call) => {
    const { context } = call;
    const { caller } = context;
    if (caller === undefined) return make(call);
    const known = made.get(caller);
    const isSame =
      known !== undefined &&
      known.context.accountId === context.accountId &&
      isOnBehalf(known.context) === isOnBehalf(context);
    if (isSame) return known.rates;
    const rates = make(call);
    made.set(caller, { context, rates });
    return rates;
  };
}

/** How often a crisis is answered to one address in a minute: more than people write, however many share it. */
const CRISES_PER_MINUTE = 120;

/** The one rate that applies to a call in a crisis: it guards against floods and belongs to no plan. */
export const crisisRate: RatesOfCall = (call) => [
  { name: 'ip', key: `crisis ip ${addressBlock(call.inFlight.ip)}`, perMinute: CRISES_PER_MINUTE },
];

/** Takes the route's rates, all in one question; the answer carries them as headers. */
export async function takeRates(of: RatesOfCall, call: RatedCall, parts: ServerParts): Promise<void> {
  const asked = of(call, parts);
  const named = asked instanceof Promise ? await asked : asked;
  if (named.length === 0) return;
  const verdict = await parts.rates.take(named);
  const taken = verdict === undefined ? undefined : named[verdict.entry];
  if (verdict === undefined || taken === undefined) return;
  describeRate(call.inFlight.responder, taken.name, verdict);
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
      // Each customer of the operator's backend has its own, by the owner.
      return context.spender?.userId ?? context.caller?.userId ?? '';
    case 'account':
      // Calls of the operator's backend for a customer do not wait for the customer's own, nor the other way round.
      return `${context.accountId ?? ''}${isOnBehalf(context) ? ' on behalf' : ''}`;
    case 'member':
      return `${context.accountId ?? ''} ${context.spender?.userId ?? context.caller?.userId ?? ''}`;
    case 'key':
      if (isOnBehalf(context)) return `${context.caller?.keyId ?? ''} ${context.accountId ?? ''}`;
      return (
        context.productKey?.id ??
        context.caller?.firstKeyId ??
        context.caller?.keyId ??
        context.caller?.userId ??
        ''
      );
  }
}

/** RateLimit headers as draft-ietf-httpapi-ratelimit-headers-10 has them: policy and state by the same name. */
function describeRate(responder: Responder, name: string, verdict: RateVerdict): void {
  responder.setHeader('ratelimit-policy', `"${name}";q=${verdict.limit};w=60`);
  responder.setHeader('ratelimit', `"${name}";r=${verdict.remaining};t=${verdict.seconds}`);
}
