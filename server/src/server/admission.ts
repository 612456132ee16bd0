import { type Answer, type Prepared, type Route, isAnswer } from '#platform/http';
import { type KeySender, replayAnswer } from '#platform/idempotency';
import { AppError } from '#platform/kernel';
import { type Admission, admissionError, type Permit } from '#platform/limits';
import type { CallerContext } from './caller-context.ts';
import { bodyOf, type Input, requestHash } from './input.ts';
import type { ServerParts, SpendingRequest } from './parts.ts';
import type { InFlightRequest } from './in-flight.ts';

/** Admission's answer to a call: a permit to go on with, or the answer that was given before. */
export type CallAdmission =
  | { readonly permit: Permit; readonly prepared: Prepared | undefined }
  | { readonly replay: Answer };

export interface SpendingCall {
  readonly route: Route;
  readonly product: string;
  readonly inFlight: InFlightRequest;
  readonly context: CallerContext;
  readonly input: Input;
  readonly key: string | undefined;
}

/**
 * An Idempotency-Key belongs to the caller, even if the call is charged to another user. So keys of a backend that serves an account are
 * apart from the account's own: else a caller who guessed a key could reuse the permit of another caller.
 */
export function keySender({ caller }: Pick<CallerContext, 'caller'>): KeySender {
  if (caller === undefined) throw new Error('an Idempotency-Key belongs to a caller');
  return { userId: caller.userId, keyId: caller.keyId };
}

/** Asks admission for a call that spends. All answers but a permit and a replay are thrown as their errors. */
export async function admitCall(
  call: SpendingCall,
  prepared: Prepared | undefined,
  parts: ServerParts,
): Promise<CallAdmission> {
  const { route, inFlight, input, key } = call;
  const { spender, accountId } = call.context;
  const { spends } = route.shape;
  if (spends === undefined || spender === undefined || accountId === undefined || parts.admit === undefined) {
    throw new Error(`${route.name} spends nothing, or nobody's`);
  }
  const known = input as never;
  const product = spends.product?.(known) ?? call.product;
  const sealed = route.shape.private === true;
  const request: SpendingRequest = {
    product,
    feature: spends.which?.(known) ?? String(spends.feature),
    as: spends.as,
    spender,
    accountId,
    units: spends.units?.(known) ?? 1,
    subject: spends.subject?.(known),
    needs: spends.needs?.(known),
    prepared,
    textBytes: bodyOf(inFlight.request).raw.length + (spends.storedBytes ?? 0),
    idempotency:
      key === undefined
        ? undefined
        : {
            route: route.name,
            by: keySender(call.context),
            key,
            bodyHash: requestHash(inFlight.request),
            sealed,
          },
    requestId: inFlight.requestId,
  };
  let measured: Prepared | undefined;
  const closer = async () => (measured = await prepared?.closer?.());
  const admission = await parts.admit({ ...request, prepared: prepared && { ...prepared, closer } });
  if (measured === undefined) return outcome(admission, request, parts);
  parts.telemetry.metrics.recount(product, admission.kind === 'permit' ? 'fits' : 'too_large');
  return outcome(admission, { product, prepared: measured }, parts);
}

function outcome(
  admission: Admission,
  { product, prepared }: Pick<SpendingRequest, 'product' | 'prepared'>,
  parts: ServerParts,
): CallAdmission {
  switch (admission.kind) {
    case 'permit':
      return { permit: admission.permit, prepared };
    case 'replay':
      return { replay: replayAnswer(admission.answer) };
    case 'running':
      throw new AppError('idempotency_in_progress', { retryAfter: 1 });
    case 'mismatch':
      throw new AppError('idempotency_mismatch');
    case 'outcome_unknown':
      throw new AppError('outcome_unknown');
    case 'refused':
      // The other refusals are each one caller's own affair; this one alerts the operator.
      if (admission.reason === 'operator_budget_closed')
        parts.telemetry.metrics.denial(product, 'operator_budget');
      throw admissionError(product, admission, parts.upgradeFor);
    case 'denied':
    case 'plan_required': {
      const limit = admission.kind === 'denied' ? admission.denial.limit : (admission.grant ?? 'plan');
      parts.telemetry.metrics.denial(product, limit);
      throw admissionError(product, admission, parts.upgradeFor);
    }
  }
}

/**
 * Ends a permit after its handler failed. A call that runs inline: by what was served, for what a provider served is paid for
 * at any failure after it. One that hands its permit to a job: a handler that refused (below 500), or had not come so far, has
 * not; any other failure may have come after its commit, and the database, told that the permit is given up, says whether a job has it.
 */
export async function giveBack(route: Route, permit: Permit, failure: AppError): Promise<void> {
  if (route.shape.spends?.as !== 'job') return permit.finish('handler failed');
  if (failure.status < 500 || !permit.isHandled) return permit.release('handler failed');
  await permit.abandon('not handed on');
}

/**
 * Sees to a permit that its handler left open when it had answered. One that runs inline is settled by the sum of its calls, and its
 * answer does not wait for that (docs/decisions/0064); where the handler took the wire, when that has ended. One for a job that
 * was not handed on is released: its work will not be done.
 */
export async function endOpenPermit(
  call: SpendingCall,
  { permit, result }: { readonly permit: Permit; readonly result: unknown },
  parts: ServerParts,
): Promise<void> {
  if (permit.isHandled) return;
  const { route, inFlight } = call;
  const fields = { request_id: inFlight.requestId, permit_id: permit.id, route: route.name };
  if (route.shape.spends?.as === 'job') {
    parts.telemetry.logger.error(fields, 'a handler gave its permit to no job');
    return finishPermit(permit.finish('no job was made'), fields, parts);
  }
  const { responder } = inFlight;
  if (responder.isTaken && !responder.isClosed) {
    responder.onClose(() => void finishPermit(permit.finish(), fields, parts));
    return;
  }
  const { isCalling, mayAnswerFirst } = permit;
  if (isCalling) parts.telemetry.logger.error(fields, 'a handler answered while its provider call went on');
  const over = finishPermit(permit.finish(isCalling ? undefined : failureIn(result)), fields, parts);
  // The outcome of a call that goes on is waited for, and its answer is not.
  if (!isCalling && !mayAnswerFirst) await over;
}

/** The caller gets its answer even if the ledger can't be reached: it is told again. */
async function finishPermit(
  finishing: Promise<void>,
  fields: Readonly<Record<string, unknown>>,
  parts: ServerParts,
): Promise<void> {
  try {
    await finishing;
  } catch (err) {
    parts.telemetry.logger.error({ ...fields, err }, 'a permit could not be ended');
  }
}

/** An answer that says no is no work done. */
function failureIn(result: unknown): string | undefined {
  return isAnswer(result) && result.status >= 400 ? `answered ${result.status}` : undefined;
}
