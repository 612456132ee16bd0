import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, NOT_FOUND } from '#platform/kernel';
import type { CallErrors } from '#platform/limits';
import type { Telemetry } from '#platform/telemetry';
import { asAppError, failureAnswer } from './failures.ts';
import { missingObject } from './missing.ts';
import { routeNameOf, type InFlightRequest } from './in-flight.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

export type Fail = (request: FastifyRequest, reply: FastifyReply, error: unknown) => void;

/** Answers a failure with the envelope, in any state of the answer, counts it for the account, and logs what is our own fault. */
export function createFailureHandler(
  telemetry: Telemetry,
  callErrors: Pick<CallErrors, 'count'> | undefined,
): Fail {
  return (request, reply, error) => {
    const failure = describeMissing(
      isBrokenOff(error, request) || hasHungUp(error, request.inFlight)
        ? gone(error)
        : asFailure(error, request),
      request,
    );
    if (failure.status >= 500) {
      const fields = { request_id: request.id, route: routeNameOf(request), code: failure.code };
      const limit = failure.details?.['limit'];
      // A limit that is full refuses many calls, and none of them is a fault.
      if (limit !== undefined) telemetry.logger.warn({ ...fields, limit }, 'a call was refused by a limit');
      else telemetry.logger.error({ ...fields, err: failure.cause ?? failure }, 'a call failed');
    }
    const { accountId } = (request.inFlight as InFlightRequest | undefined) ?? {};
    if (accountId !== undefined)
      callErrors?.count({ accountId, route: routeNameOf(request), requestId: request.id }, failure);
    const { status, headers, body } = failureAnswer(
      failure,
      request.id,
      request.routeOptions.config.errorForm,
    );
    // A request that failed before it was registered has no handler that took the response.
    const inFlight: InFlightRequest | undefined = request.inFlight;
    if (inFlight === undefined || !inFlight.taken) {
      if (reply.sent) return;
      reply.code(status).headers(headers).type(JSON_TYPE).send(body);
      return;
    }
    // The handler has the wire. What it has begun can only be cut; what it has not begun gets a proper answer.
    const { raw } = reply;
    if (raw.headersSent) raw.destroy();
    else raw.writeHead(status, { ...headers, 'content-type': JSON_TYPE }).end(body);
  };
}

/** No client receives this status: the client has hung up. */
const HUNG_UP = 499;
/** How far an error's causes are followed: they may go round. */
const DEEPEST_CAUSE = 8;

/** A call that this server ended because it stops fails with `server_stopping`, for any error of its parts. */
function asFailure(error: unknown, { inFlight, routeOptions }: FastifyRequest): AppError {
  const failure = asAppError(error);
  // A request that failed before it was registered has none.
  const isStopped = (inFlight as InFlightRequest | undefined)?.isStopped === true;
  // Only a process that was past its lease, as one that was stopped for a while, finds the permit of its own call closed by others.
  const isLate = failure.code === 'permit_stale' && routeOptions.config.takesPermits !== true;
  const isEnded = isLate || (isStopped && (failure.status === HUNG_UP || failure.status >= 500));
  return isEnded ? new AppError('server_stopping', { retryAfter: 1, cause: error }) : failure;
}

/** Whether the client went away before its request was whole: that is no fault of ours. */
function isBrokenOff(error: unknown, { raw }: FastifyRequest): boolean {
  if (raw.complete || !raw.destroyed || !(error instanceof Error) || !('code' in error)) return false;
  return error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

/** Whether it is the end of the call's signal that failed, because its client has gone while it was answered. */
function hasHungUp(error: unknown, inFlight: InFlightRequest | undefined): boolean {
  if (inFlight === undefined || inFlight.isStopped || !inFlight.hasHungUp) return false;
  // A function that the signal ended often says so in words of its own, with its reason as the cause.
  let at = error;
  for (let depth = 0; depth < DEEPEST_CAUSE && at instanceof Error; depth++, at = at.cause) {
    if (at === inFlight.signal.reason || at.name === 'AbortError') return true;
  }
  return false;
}

const gone = (cause: unknown) => new AppError('client_gone', { cause });

function describeMissing(failure: AppError, { routeOptions }: FastifyRequest): AppError {
  if (failure.code !== 'not_found' || failure.message !== NOT_FOUND) return failure;
  const message = missingObject(routeOptions.url);
  return message === undefined ? failure : new AppError('not_found', { message, cause: failure });
}
