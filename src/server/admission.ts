import type { Answer, Prepared, Route } from '#platform/http';
import { type KeySender, replayed } from '#platform/idempotency';
import { AppError } from '#platform/kernel';
import { type Admission, limitExceeded, type Permit, planRequired, refusal } from '#platform/limits';
import { isOnBehalf, type Standing } from './callers.ts';
import { bodyOf, type Input, requestHash } from './input.ts';
import type { ServerParts } from './parts.ts';
import type { Visit } from './visits.ts';

/** What admission made of a call: a permit to go on with, or the answer that was given before. */
export type Admitted = { readonly permit: Permit } | { readonly replay: Answer };

export interface SpendingCall {
  readonly route: Route;
  readonly product: string;
  readonly visit: Visit;
  readonly standing: Standing;
  readonly input: Input;
  readonly key: string | undefined;
}

/**
 * The name under which a call's Idempotency-Key is kept: keys of a backend that serves an account are apart from the account's
 * own. Else whoever guessed one could have the other do work under a permit of theirs.
 */
export function keyedRoute({ route, standing }: Pick<SpendingCall, 'route' | 'standing'>): string {
  return isOnBehalf(standing) ? `${route.name} on behalf` : route.name;
}

/** Whose an Idempotency-Key is: the caller's, in whoever's name the call is charged. */
export function keySender({ caller }: Pick<Standing, 'caller'>): KeySender {
  if (caller === undefined) throw new Error('an Idempotency-Key belongs to a caller');
  return { userId: caller.userId, keyId: caller.keyId };
}

/** Asks admission for a call that spends. Whatever is no permit and no replay is thrown as its error. */
export async function admitted(
  call: SpendingCall,
  prepared: Prepared | undefined,
  parts: ServerParts,
): Promise<Admitted> {
  const { route, visit, input, key } = call;
  const { spender, accountId } = call.standing;
  const { spends } = route.shape;
  if (spends === undefined || spender === undefined || accountId === undefined || parts.admit === undefined) {
    throw new Error(`${route.name} spends nothing, or nobody's`);
  }
  const known = input as never;
  const product = spends.product?.(known) ?? call.product;
  const sealed = route.shape.private === true;
  const admission = await parts.admit({
    product,
    feature: spends.which?.(known) ?? String(spends.feature),
    as: spends.as,
    spender,
    accountId,
    units: spends.units?.(known) ?? 1,
    subject: spends.subject?.(known),
    needs: spends.needs?.(known),
    prepared,
    textBytes: bodyOf(visit.request).raw.length + (spends.storedBytes ?? 0),
    idempotency:
      key === undefined
        ? undefined
        : {
            route: keyedRoute(call),
            by: keySender(call.standing),
            key,
            bodyHash: requestHash(visit.request),
            sealed,
          },
    requestId: visit.requestId,
  });
  return outcome(admission, product, parts);
}

function outcome(admission: Admission, product: string, parts: ServerParts): Admitted {
  switch (admission.kind) {
    case 'permit':
      return { permit: admission.permit };
    case 'replay':
      return { replay: replayed(admission.answer) };
    case 'running':
      throw new AppError('idempotency_in_progress', { retryAfter: 1 });
    case 'mismatch':
      throw new AppError('idempotency_mismatch');
    case 'outcome_unknown':
      throw new AppError('outcome_unknown');
    case 'refused':
      // Of the others each is one caller's own affair; this one alerts somebody.
      if (admission.reason === 'operator_budget_closed')
        parts.telemetry.metrics.denial(product, 'operator_budget');
      throw refusal(admission.reason);
    case 'denied': {
      const { limit, of, max, size = max, plan } = admission.denial;
      parts.telemetry.metrics.denial(product, limit);
      // More of a cooldown is a longer one: only waiting helps.
      const helps = of !== 'cooldown';
      const question = { product, plan, grant: limit, atLeast: size + 1 };
      const upgrade = helps ? (parts.upgradeFor?.(question) ?? null) : null;
      throw limitExceeded(admission.denial, upgrade);
    }
    case 'plan_required': {
      const { plan, grant, needed } = admission;
      parts.telemetry.metrics.denial(product, grant ?? 'plan');
      const upgrade = parts.upgradeFor?.({ product, plan, grant, atLeast: needed }) ?? null;
      throw planRequired({ product, plan, grant, needed }, upgrade);
    }
  }
}

/**
 * Gives a permit back after its handler failed, where that is certain. A call that runs inline: always, for a permit
 * that was settled meanwhile ignores it. One that hands its permit to a job: only when the handler refused (below 500);
 * any other failure may have come after its commit, and the sweeper closes a permit that no job owns.
 */
export async function giveBack(route: Route, permit: Permit, failure: AppError): Promise<void> {
  if (route.shape.spends?.as === 'job' && failure.status >= 500) return;
  await permit.release('handler failed');
}
