import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type Answer,
  idempotencyOf,
  isAnswer,
  type Mounted,
  type Once,
  type OnceInSteps,
  type Route,
  type Wire,
} from '#platform/http';
import type { KeyedCall, Scope } from '#platform/idempotency';
import type { AppError } from '#platform/kernel';
import type { Permit } from '#platform/limits';
import { admitted, giveBack, keySender, keyedRoute, type SpendingCall } from './admission.ts';
import { endOpenPermit } from './end-open-permit.ts';
import { type CallerContext, callerContextOf } from './caller-context.ts';
import { asAppError } from './failures.ts';
import { bodyOf, idempotencyKeyOf, readInput, requestHash, versionOf } from './input.ts';
import type { ServerParts } from './parts.ts';
import { takeRates } from './rates.ts';
import type { InFlightRequest } from './in-flight.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
const PAGE_TYPE = 'text/html; charset=utf-8';

/**
 * One route's walk, without a step back: who calls → what they say → how often → a look at the text → admission →
 * the handler → its answer.
 */
export function walkOf(route: Route, mounted: Mounted, parts: ServerParts) {
  const { shape } = route;
  const product = mounted.product ?? mounted.module;
  const takesKey = idempotencyOf(route);
  const handle = route.handle as unknown as (call: object, service: unknown) => Promise<unknown>;
  const checkReplies = parts.settings.environment !== 'production';

  return async function walk(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { inFlight } = request;
    inFlight.maxSeconds = shape.maxSeconds;
    inFlight.streams = shape.streams === true;
    const context = await callerContextOf(route, request, parts);
    const input = readInput(route, request);
    const key = idempotencyKeyOf(request, takesKey);
    await takeRates(route, { product, inFlight, context, input }, parts);
    await assertProven(route, context, parts);

    const call: SpendingCall = { route, product, inFlight, context, input, key };
    const instead = await prechecked(call, parts);
    if (instead !== undefined) return sendResult(route, reply, { result: instead, check: checkReplies });

    await looked(call, mounted.service, parts);
    // What only the body tells of the model call is read before anything is charged.
    const prepare = shape.spends?.prepare;
    const planned = await prepare?.({ ...input, wire: wireOf(inFlight) }, mounted.service as never);
    const admission = shape.spends === undefined ? undefined : await admitted(call, planned, parts);
    if (admission !== undefined && 'replay' in admission) {
      return sendResult(route, reply, { result: admission.replay, check: false });
    }
    const { permit, prepared } = admission ?? { permit: undefined, prepared: undefined };
    try {
      const result = await handle({ ...callFor(call, permit, parts), prepared }, mounted.service);
      if (permit !== undefined) await endOpenPermit(call, { permit, result }, parts);
      sendResult(route, reply, { result, check: checkReplies });
    } catch (error) {
      const failure = asAppError(error);
      if (permit !== undefined) await released(call, { permit, failure }, parts);
      throw failure;
    }
  };
}

/** A session that somebody found open does not do what asks for a proof of late. */
async function assertProven({ shape }: Route, { caller }: CallerContext, parts: ServerParts): Promise<void> {
  if (shape.stepUp !== true || caller === undefined || caller.keyId !== undefined) return;
  if (parts.assertProven === undefined) throw new Error('nobody says whether a session was proven lately');
  await parts.assertProven(caller);
}

async function prechecked(call: SpendingCall, parts: ServerParts): Promise<Answer | undefined> {
  const { route, product, inFlight, context, input } = call;
  const text = route.shape.precheck?.(input);
  if (text === undefined || parts.precheck === undefined) return undefined;
  return parts.precheck({ text, route, product, caller: context.caller, origin: inFlight });
}

/** The look before anything is charged. A repeat gets what admission has kept for it, whatever has changed since. */
async function looked(call: SpendingCall, service: unknown, parts: ServerParts): Promise<void> {
  const { route, input, key } = call;
  const { accountId, caller } = call.context;
  try {
    await route.shape.spends?.check?.({ ...input, accountId, caller } as never, service as never);
  } catch (error) {
    if (key === undefined || accountId === undefined) throw error;
    const sent = { route: keyedRoute(call), by: keySender(call.context), key };
    if (!(await parts.idempotency.isKnown({ accountId, ...sent }))) throw error;
  }
}

/** A permit that can't be given back now is closed by the sweeper; the caller hears of the first failure. */
async function released(
  { route, inFlight }: SpendingCall,
  { permit, failure }: { permit: Permit; failure: AppError },
  parts: ServerParts,
): Promise<void> {
  try {
    await giveBack(route, permit, failure);
  } catch (err) {
    parts.telemetry.logger.warn(
      { request_id: inFlight.requestId, permit_id: permit.id, err },
      'a permit could not be released',
    );
  }
}

function callFor(call: SpendingCall, permit: Permit | undefined, parts: ServerParts): object {
  const { route, inFlight, context, input, key } = call;
  return {
    ...input,
    ...context,
    origin: inFlight,
    permit,
    idempotencyKey: key,
    ifMatch: route.shape.versioned === true ? versionOf(inFlight.request) : undefined,
    once: onceFor(call, parts),
    onceInSteps: onceInStepsFor(call, parts),
    wire: wireOf(inFlight),
  };
}

function onceFor(call: SpendingCall, parts: ServerParts): Once {
  return (point, effect, within) => parts.idempotency.once(keyedCall(call, within), point, effect);
}

function onceInStepsFor(call: SpendingCall, parts: ServerParts): OnceInSteps {
  return (effect, within) => parts.idempotency.onceInSteps(keyedCall(call, within), effect);
}

function keyedCall(call: SpendingCall, within?: Parameters<Once>[2]): KeyedCall {
  const { route, context, inFlight, key } = call;
  return {
    scope: scopeOf(call, within),
    route: keyedRoute(call),
    by: keySender(context),
    key,
    bodyHash: key === undefined ? '' : requestHash(inFlight.request),
    private: route.shape.private === true,
    secrets: route.shape.secrets ?? [],
  };
}

function scopeOf({ route, context }: SpendingCall, within: Parameters<Once>[2]): Scope {
  const { caller, accountId } = context;
  if (within !== undefined && 'account' in within) return within;
  if (accountId !== undefined) return { account: accountId };
  if (caller === undefined) throw new Error(`${route.name}: once() needs a caller`);
  const use = route.shape.auth === 'admin' ? 'admin.calls' : undefined;
  return { user: caller.userId, use: within?.use ?? use };
}

function wireOf(inFlight: InFlightRequest): Wire {
  const { request, reply } = inFlight;
  return {
    request: request.raw,
    body: bodyOf(request).raw,
    accept: request.headers.accept ?? '*/*',
    take() {
      inFlight.taken = true;
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) reply.raw.setHeader(name, value);
      }
      return reply.raw;
    },
  };
}

/** Sends what a handler answered: a plain value is 200 (nothing at all 204), an `answer()` says its status itself. */
function sendResult(
  route: Route,
  reply: FastifyReply,
  { result, check }: { readonly result: unknown; readonly check: boolean },
): void {
  // The handler took the wire, or the call was given up while it ran.
  if (reply.sent) return;
  const given = isAnswer(result) ? result : { status: result === undefined ? 204 : 200, body: result };
  const isPage = route.shape.page === true && typeof given.body === 'string';
  const text = given.body === undefined ? undefined : JSON.stringify(given.body);
  if (check) checkReply(route, given.status, text);
  reply.code(given.status);
  for (const [name, value] of Object.entries(given.headers ?? {})) reply.header(name, value);
  if (text === undefined) reply.send();
  else if (isPage) reply.type(PAGE_TYPE).send(given.body);
  else reply.type(JSON_TYPE).send(text);
}

/** Outside production an answer that is not as declared is a defect that shows at once. */
function checkReply(route: Route, status: number, text: string | undefined): void {
  const schema = route.shape.reply[status];
  if (schema === undefined) throw new Error(`${route.name} answered ${status}, which it does not declare`);
  const parsed = schema.safeParse(text === undefined ? undefined : JSON.parse(text));
  if (parsed.success) return;
  const places = parsed.error.issues.map(({ path, code }) => `${path.join('.')} (${code})`).join(', ');
  throw new Error(`${route.name} answered ${status} with another body than it declares: ${places}`);
}
