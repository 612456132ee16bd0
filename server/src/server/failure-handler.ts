import { atLeast, type ErrorForm, escapeHtml, htmlPage, renderPage } from '#platform/http';
import { AppError, NOT_FOUND } from '#platform/kernel';
import type { Buyer } from '#platform/billing';
import { allowsScope } from '#platform/identity';
import type { Telemetry } from '#platform/telemetry';
import { asAppError, failureAnswer } from './failures.ts';
import { seesModelCost } from './caller-context.ts';
import { missingObject } from './missing.ts';
import { type CallRequest, type InFlightRequest, routeNameOf } from './in-flight.ts';
import type { ServerParts } from './parts.ts';
import { JSON_TYPE, PAGE_TYPE } from './responder.ts';

/** `form` is that of the request's route where it is not said. */
export type Fail = (request: CallRequest, error: unknown, form?: ErrorForm) => void;

/** Answers a failure with the envelope, in any state of the answer, counts it for the account, and logs what is our own fault. */
export function createFailureHandler(
  telemetry: Telemetry,
  {
    brandOf,
    callErrors,
    offersIn,
    settings,
  }: Pick<ServerParts, 'brandOf' | 'callErrors' | 'offersIn'> & {
    readonly settings: Pick<ServerParts['settings'], 'showModelCost'>;
  },
): Fail {
  return (request, error, form = request.routeOptions.config.errorForm) => {
    const { inFlight } = request;
    const found = describeMissing(
      isBrokenOff(error, request) || hasEnded(error, inFlight) ? gone(error) : asFailure(error, request),
      request,
    );
    const said = request.method === 'GET' ? namedInQuery(found) : found;
    const failure = seesModelCost(inFlight.context?.caller, settings) ? said.showingCost() : said;
    if (failure.status >= 500) {
      const fields = { request_id: request.id, route: routeNameOf(request), code: failure.code };
      const limit = failure.details?.['limit'];
      // A limit that is full refuses many calls, and none of them is a fault.
      if (limit !== undefined) telemetry.logger.warn({ ...fields, limit }, 'a call was refused by a limit');
      else telemetry.logger.error({ ...fields, err: failure.cause ?? failure }, 'a call failed');
    }
    const { accountId } = inFlight;
    if (accountId !== undefined)
      callErrors?.count({ accountId, route: routeNameOf(request), requestId: request.id }, failure);
    const { status, headers, body } = failureAnswer(
      withOffers(failure, inFlight, offersIn),
      request.id,
      form,
    );
    if (brandOf !== undefined && isOfPage(request)) {
      const page = renderPage(pageOfFailure(failure, request), brandOf(productOf(failure)));
      const named = { ...headers, ...page.headers };
      return inFlight.responder.fail({ status, headers: named, type: PAGE_TYPE, text: page.html });
    }
    inFlight.responder.fail({ status, headers, type: JSON_TYPE, text: body });
  };
}

/** Whether a person waits for a page: browsers say that they take HTML. */
const isOfPage = ({ routeOptions, headers }: CallRequest): boolean =>
  routeOptions.config.isPage === true && headers.accept?.includes('text/html') === true;

const pageOfFailure = ({ message, status }: AppError, { method, routeOptions }: CallRequest) =>
  htmlPage({
    title: status >= 500 ? 'Something went wrong' : 'This did not work',
    content: [
      `<p>${escapeHtml(message)}</p>`,
      ...(method === 'POST' ? [`<p><a href="${escapeHtml(routeOptions.url ?? '/')}">Go back</a></p>`] : []),
    ].join('\n'),
  });

function productOf({ details }: AppError): string | undefined {
  const product = details?.['product'];
  return typeof product === 'string' ? product : undefined;
}

/** No client receives this status: the client has hung up. */
const HUNG_UP = 499;
/** How far an error's causes are followed: they may go round. */
const DEEPEST_CAUSE = 8;

/** A call that this server ended because it stops fails with `server_stopping`, for any error of its parts. */
function asFailure(error: unknown, { inFlight, routeOptions }: CallRequest): AppError {
  const failure = asAppError(error);
  // Only a process that was past its lease, as one that was stopped for a while, finds the permit of its own call closed by others.
  const isLate = failure.code === 'permit_stale' && routeOptions.config.takesPermits !== true;
  const isEnded = isLate || (inFlight.isStopped && (failure.status === HUNG_UP || failure.status >= 500));
  return isEnded ? new AppError('server_stopping', { retryAfter: 1, cause: error }) : failure;
}

/** Whether the client went away before its request was whole: that is no fault of ours. */
function isBrokenOff(error: unknown, { raw }: CallRequest): boolean {
  if (raw.complete || !raw.destroyed || !(error instanceof Error) || !('code' in error)) return false;
  return error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

/** Whether it is the end of the call's signal that failed: its client has gone while it was answered, or was told that it took too long. */
function hasEnded(error: unknown, inFlight: InFlightRequest): boolean {
  const { hasHungUp, isSent, isTaken } = inFlight.responder;
  if (inFlight.isStopped || !(hasHungUp || (isSent && !isTaken))) return false;
  // A function that the signal ended often says so in words of its own, with its reason as the cause.
  let at = error;
  for (let depth = 0; depth < DEEPEST_CAUSE && at instanceof Error; depth++, at = at.cause) {
    if (at === inFlight.signal.reason || at.name === 'AbortError') return true;
  }
  return false;
}

/** The plan and the pack that a denial names, with their prices, and a way to buy them for callers who may. */
function withOffers(
  failure: AppError,
  { context }: Pick<InFlightRequest, 'context'>,
  offersIn: ServerParts['offersIn'],
): AppError {
  const { details } = failure;
  const { upgrade, add_on: pack } = details ?? {};
  if (offersIn === undefined || (typeof upgrade !== 'string' && typeof pack !== 'string')) return failure;
  return failure.withDetails({ ...details, ...offersIn({ upgrade, add_on: pack }, buyerOf(context)) });
}

/** The user in whose name a plan is ordered: a caller who may spend the account's money; the account's owner, where the operator's backend calls. */
function buyerOf(context: InFlightRequest['context']): Buyer | undefined {
  const { caller, accountId, role, spender } = context ?? {};
  if (caller === undefined || accountId === undefined || role === undefined || spender === undefined)
    return undefined;
  const mayBuy = atLeast(role, 'admin') && allowsScope(caller, 'billing:write');
  return mayBuy ? { accountId, userId: spender.userId } : undefined;
}

/** A service names a field as one of the body; a call that has no body has it in its query. */
function namedInQuery(failure: AppError): AppError {
  const issues = failure.details?.['issues'];
  if (failure.code !== 'validation_failed' || !Array.isArray(issues)) return failure;
  const named = (issues as { readonly path: string }[]).map(({ path, ...issue }) => ({
    path: path.replace(/^body\./, 'query.'),
    ...issue,
  }));
  return failure.withDetails({ ...failure.details, issues: named });
}

const gone = (cause: unknown) => new AppError('client_gone', { cause });

function describeMissing(failure: AppError, { routeOptions }: CallRequest): AppError {
  if (failure.code !== 'not_found' || failure.message !== NOT_FOUND) return failure;
  const message = missingObject(routeOptions.url);
  return message === undefined ? failure : new AppError('not_found', { message, cause: failure });
}
