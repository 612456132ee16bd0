import { isAnswer } from '#platform/http';
import type { Permit } from '#platform/limits';
import type { SpendingCall } from './admission.ts';
import type { ServerParts } from './parts.ts';

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
