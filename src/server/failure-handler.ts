import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#platform/kernel';
import type { Telemetry } from '#platform/telemetry';
import { asAppError, failureAnswer } from './failures.ts';
import { routeNameOf, type Visit } from './in-flight.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

export type Fail = (request: FastifyRequest, reply: FastifyReply, error: unknown) => void;

/** Answers a failure with the envelope, whatever state the answer is in, and logs what is our own fault. */
export function failingWith(telemetry: Telemetry): Fail {
  return (request, reply, error) => {
    const failure = asFailure(error, request.visit);
    if (failure.status >= 500) {
      const fields = {
        request_id: request.id,
        route: routeNameOf(request),
        code: failure.code,
        err: failure.cause ?? failure,
      };
      telemetry.logger.error(fields, 'a call failed');
    }
    const { status, headers, body } = failureAnswer(
      failure,
      request.id,
      request.routeOptions.config.errorForm,
    );
    // What fails before it has become a visit has nothing taken.
    const visit: Visit | undefined = request.visit;
    if (visit === undefined || !visit.taken) {
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

/** A status that no client is told by whoever it talks to: it has hung up. */
const HUNG_UP = 499;

/** What this server ended because it stops failed by that, whatever those say who were told that nobody waits for them. */
function asFailure(error: unknown, visit: Visit | undefined): AppError {
  const failure = asAppError(error);
  // What fails before it has become a visit was ended by nobody.
  const isEnded = visit?.isStopped === true && (failure.status === HUNG_UP || failure.status >= 500);
  return isEnded ? new AppError('server_stopping', { retryAfter: 1, cause: error }) : failure;
}
