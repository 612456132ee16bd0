import type { Answer, Prepared, Route } from '#platform/http';
import { replayed } from '#platform/idempotency';
import { AppError } from '#platform/kernel';
import { type Admission, type Denial, type Permit, refusal } from '#platform/limits';
import type { Standing } from './callers.ts';
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

/** Asks admission for a call that spends. Whatever is no permit and no replay is thrown as its error. */
export async function admitted(
  call: SpendingCall,
  prepared: Prepared | undefined,
  parts: ServerParts,
): Promise<Admitted> {
  const { route, product, visit, input, key } = call;
  const { caller, accountId } = call.standing;
  const { spends } = route.shape;
  if (spends === undefined || caller === undefined || accountId === undefined || parts.admit === undefined) {
    throw new Error(`${route.name} spends nothing, or nobody's`);
  }
  const known = input as never;
  const sealed = route.shape.private === true;
  const admission = await parts.admit({
    product,
    feature: spends.which?.(known) ?? String(spends.feature),
    as: spends.as,
    caller,
    accountId,
    units: spends.units?.(known) ?? 1,
    subject: spends.subject?.(known),
    needs: spends.needs?.(known),
    prepared,
    bodyBytes: bodyOf(visit.request).raw.length,
    idempotency:
      key === undefined
        ? undefined
        : { route: route.name, key, bodyHash: requestHash(visit.request), sealed },
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
      throw refusal(admission.reason);
    case 'denied':
      parts.telemetry.metrics.denial(product, admission.denial.limit);
      throw denied(admission.denial, product, parts);
    case 'plan_required': {
      const { plan, grant, needed } = admission;
      parts.telemetry.metrics.denial(product, grant ?? 'plan');
      const upgrade = parts.upgradeFor?.({ product, plan, grant, atLeast: needed }) ?? null;
      throw new AppError('plan_required', { details: { product, plan, grant, needed, upgrade } });
    }
  }
}

/** A denial as platform.md has it: what is used of which limit, when to come back, and what would help. */
function denied(denial: Denial, product: string, parts: ServerParts): AppError {
  const { limit, used, max, resetsAt, retryAfter, plan } = denial;
  const upgrade = parts.upgradeFor?.({ product, plan, grant: limit, atLeast: max + 1 }) ?? null;
  const left = `"${limit}";r=0${retryAfter === undefined ? '' : `;t=${retryAfter}`}`;
  return new AppError('limit_exceeded', {
    message: `The limit ${limit} is used up.`,
    details: { limit, used, max, resets_at: resetsAt, upgrade },
    headers: { 'ratelimit-policy': `"${limit}";q=${max}`, ratelimit: left },
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
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
