import { assertWhole, warmUp } from '#platform/ai';
import {
  concealModelCost,
  idempotencyOf,
  isAnswer,
  isHtmlPage,
  type Mounted,
  type Once,
  type OnceInSteps,
  type Route,
  type SafetySupport,
  type Answer,
  answer,
  renderPage,
  type RouteAlias,
} from '#platform/http';
import type { KeyedCall, Scope } from '#platform/idempotency';
import { type AppError, type EndOfTurn, runInLane } from '#platform/kernel';
import { type Permit, planRequired } from '#platform/limits';
import type { FastifyContextConfig } from 'fastify';
import { runInTrace } from '#platform/telemetry';
import type { Arrivals } from './arrivals.ts';
import { isLarge } from './bodies.ts';
import type { CallTurns } from './call-turns.ts';
import { admitCall, giveBack, keySender, type SpendingCall, endOpenPermit } from './admission.ts';
import {
  type CallerContext,
  callerContextOf,
  isByProductKey,
  NOBODY,
  productKeyContext,
  seesModelCost,
} from './caller-context.ts';
import { accountFilterOf, withAccountOfCustomer } from './customer-filter.ts';
import type { Fail } from './failure-handler.ts';
import { asAppError } from './failures.ts';
import {
  bodyOf,
  idempotencyKeyOf,
  type Input,
  requestHash,
  versionOf,
  readAliased,
  readInput,
} from './input.ts';
import type { CallRequest, InFlightRequest } from './in-flight.ts';
import { type LargeSteps, stepsFor } from './large-steps.ts';
import type { BodyCapacity, ServerParts } from './parts.ts';
import { answerInstead, isAnsweredInstead, moderateText, runPrecheck, supportOfCall } from './precheck.ts';
import { crisisRate, ratesByIp, ratesOfCall, takeRates } from './rates.ts';
import { JSON_TYPE, PAGE_TYPE, type ReadyAnswer } from './responder.ts';
import { withSessionCookie } from './session-cookie.ts';
import { wireOf } from './wire.ts';
import { type BodyRoom, bodyRoomOf } from './body-capacity.ts';

/** Parts that a walk needs. */
export interface WalkParts {
  readonly parts: ServerParts;
  readonly fail: Fail;
  readonly sendAtEndOfTurn: EndOfTurn;
  readonly arrivals: Arrivals;
  readonly capacity: BodyCapacity;
  readonly turns: CallTurns;
  readonly steps: LargeSteps;
  /** Input of a call, checked: in the route's own form, or in that of an alias. */
  readonly read: (request: CallRequest) => Input;
}

/** How a route is called, by HTTP and by a socket. */
export interface RouteCall {
  readonly config: FastifyContextConfig;
  readonly room: BodyRoom;
  /** Walks and answers, also where the walk fails. */
  walk(request: CallRequest): void;
}

export function routeCallOf(
  ...[route, module, walkParts, alias]: [Route, Mounted, Omit<WalkParts, 'read'>, RouteAlias?]
): RouteCall {
  const read = (request: CallRequest) =>
    alias === undefined ? readInput(route, request) : readAliased(route, alias, request);
  const walk = walkOf(route, module, { ...walkParts, read });
  const { hold, holdWhole } = bodyRoomOf(route, module, walkParts);
  return {
    config: {
      rawBody: route.shape.rawBody === true,
      isPage: route.shape.page === true,
      urlencoded: route.shape.urlencoded === true,
      errorForm: route.shape.errorForm,
      routeName: route.name,
      takesPermits: route.shape.errors?.includes('permit_stale') === true,
    },
    // A body's sender is looked up in the turn of their call.
    room: {
      hold: (request, ...more) => runInLane(request.inFlight, () => hold(request, ...more)),
      holdWhole: (request, body) => runInLane(request.inFlight, () => holdWhole(request, body)),
    },
    walk(request) {
      const { inFlight } = request;
      const { trace } = inFlight;
      const walking = runInLane(inFlight, () =>
        runInTrace(trace, () => walk(request).catch((error) => walkParts.fail(request, error))),
      );
      if (trace !== undefined) void walking.finally(() => trace.endStep());
    },
  };
}

/**
 * One route's walk, without a step back: who calls → what they say → a look at the text → how often → admission →
 * the handler → its answer.
 */
function walkOf(
  route: Route,
  mounted: Mounted,
  { parts, fail, sendAtEndOfTurn, arrivals, capacity, turns, steps, read }: WalkParts,
) {
  const { shape } = route;
  // The rules take a third of a second and 80 MB to be made ready: at the start, where many call, and not of the first one's time.
  if (shape.precheck !== undefined) {
    if (parts.settings.environment === 'production') warmUp();
    else assertWhole();
  }
  const product = mounted.product ?? mounted.module;
  const takesKey = idempotencyOf(route);
  const filter = accountFilterOf(route);
  const rates = ratesOfCall(route);
  const before = ratesByIp(route);
  const handle = withSessionCookie(route, parts.settings);
  const checkReplies = parts.settings.environment !== 'production';

  function send({ request, responder, context }: InFlightRequest, result: unknown, check: boolean): void {
    const isConcealed = !seesModelCost(context?.caller, parts.settings);
    const answered = answerOf(route, inBrand(result), { check, isConcealed });
    sendAtEndOfTurn(() => {
      try {
        responder.send(answered);
      } catch (error) {
        fail(request, error);
      }
    });
  }

  /** A page, rendered in the brand of its product. */
  function inBrand(result: unknown): unknown {
    if (!isHtmlPage(result)) return result;
    if (parts.brandOf === undefined) throw new Error('brandOf is not wired');
    const brand = parts.brandOf(result.product ?? mounted.product);
    const { html, headers } = renderPage(result, brand);
    return answer(200, html, headers);
  }

  /** The safety part's answer, in place of the handler. */
  async function answerWith(support: SafetySupport, call: SpendingCall): Promise<void> {
    const instead = await answerInstead(call, support, wireOf(call.inFlight, parts));
    if (instead !== undefined) send(call.inFlight, instead, checkReplies);
  }

  /** The context of a call that is made by a secret of the product: looked up for those who don't guess too often. */
  async function contextByKey(call: SpendingCall): Promise<SpendingCall> {
    await takeRates(before, call, parts);
    return { ...call, context: await productKeyContext(route, mounted, call) };
  }

  function describe(inFlight: InFlightRequest): InFlightRequest {
    inFlight.maxSeconds = shape.maxSeconds;
    inFlight.streams = shape.streams === true;
    if (shape.streamedBody === true) inFlight.arrivals = arrivals;
    inFlight.capacity = capacity;
    return inFlight;
  }

  return async function walk(request: CallRequest): Promise<void> {
    const { inFlight } = request;
    const { trace } = describe(inFlight);
    trace?.step('authenticate');
    const began = performance.now();
    const { context, unknown } = await contextInTurn(route, request, { parts, turns });
    const known = performance.now();
    trace?.step('entitle');
    if (context.accountId !== undefined) inFlight.responder.socket?.countFor(context.accountId);
    const inStep = stepsFor(steps, inFlight, isLarge(bodyOf(request).raw));
    const said = await inStep(() => read(request));
    const input = filter ? await withAccountOfCustomer(said, filter, parts) : said;
    const key = idempotencyKeyOf(request, takesKey);
    const given: SpendingCall = { route, product, inFlight, context, input, key };
    const call = isByProductKey(route, request) ? await contextByKey(given) : given;
    const looked = await runPrecheck(call, mounted.service);
    const isCrisis = isAnsweredInstead(call, looked);
    if (!isCrisis && unknown !== undefined) throw unknown;
    await takeRates(isCrisis ? crisisRate : rates, call, parts);
    const safety = await supportOfCall(call, looked, { service: mounted.service, parts });
    if (isCrisis) return answerWith(safety, call);
    if (looked?.failure !== undefined) throw looked.failure;

    await assertProven(route, context, parts);
    await assertGranted(call, parts);
    await checkBefore(call, mounted.service, parts);
    // Facts of the model call that only the body tells are read before anything is charged.
    const prepare = shape.spends?.prepare;
    const from = () => ({ ...input, ...context, wire: wireOf(inFlight, parts) });
    const planned = prepare && (await inStep(() => prepare(from(), mounted.service as never)));
    const granted = performance.now();
    if (shape.spends !== undefined) trace?.step('admit');
    const admission = shape.spends === undefined ? undefined : await admitCall(call, planned, parts);
    if (admission !== undefined && 'replay' in admission) {
      const { result, isNew } = await replayAnswer(call, admission.replay, mounted.service);
      return send(inFlight, result, isNew && checkReplies);
    }
    const { permit, prepared } = admission ?? { permit: undefined, prepared: undefined };
    permit?.walked([known - began, granted - known, performance.now() - granted]);
    trace?.step('run');
    try {
      const turn = turns.goOn(inFlight.lane ?? '');
      if (turn !== undefined) await turn;
      inFlight.assertNotGivenUp();
      const flagged = await moderateText(call, { looked, permit, service: mounted.service }, parts);
      if (flagged !== undefined) return await answerWith(flagged, call);
      const handed = { ...callFor(call, permit, parts), prepared, safety };
      const result = await inStep(() => handle(handed, mounted.service));
      if (permit?.isHandled === false) {
        trace?.step('settle');
        await endOpenPermit(call, { permit, result }, parts);
      }
      // The handler took the wire, or the call was given up while it ran.
      if (!inFlight.responder.isSent) send(inFlight, result, checkReplies);
    } catch (error) {
      const failure = asAppError(error);
      if (permit !== undefined) await releasePermit(call, { permit, failure }, parts);
      throw failure;
    }
  };
}

/**
 * The caller, once it is their turn. Where that is unknown because the database is away, or too many of their calls wait, a route with a
 * precheck goes on to look at the text all the same: a crisis is answered to any caller: that discloses nothing and costs nothing.
 * Everything else throws `unknown`.
 */
async function contextInTurn(
  route: Route,
  request: CallRequest,
  { parts, turns }: Pick<WalkParts, 'parts' | 'turns'>,
): Promise<{ readonly context: CallerContext; readonly unknown?: unknown }> {
  const looksAnyway = route.shape.precheck !== undefined;
  let context = NOBODY;
  try {
    context = await callerContextOf(route, request, parts);
    request.inFlight.context = context;
  } catch (unknown) {
    if (!looksAnyway || asAppError(unknown).status < 500) throw unknown;
    return { context, unknown };
  }
  try {
    const turn = turns.begin(request.inFlight.lane ?? '');
    if (turn !== undefined) await turn;
    return { context };
  } catch (unknown) {
    if (!looksAnyway) throw unknown;
    return { context, unknown };
  }
}

/** Routes with `stepUp` need a recently proven session. */
async function assertProven({ shape }: Route, { caller }: CallerContext, parts: ServerParts): Promise<void> {
  if (shape.stepUp !== true || caller === undefined || caller.keyId !== undefined) return;
  if (parts.assertProven === undefined) throw new Error('assertProven is not wired');
  await parts.assertProven(caller);
}

/** The look before anything is charged. A repeat gets what admission has kept for it, also after later changes. */
async function checkBefore(call: SpendingCall, service: unknown, parts: ServerParts): Promise<void> {
  const { route, input, key } = call;
  const { accountId, caller } = call.context;
  try {
    await route.shape.spends?.check?.({ ...input, accountId, caller } as never, service as never);
  } catch (error) {
    if (key === undefined || accountId === undefined) throw error;
    const sent = { route: route.name, by: keySender(call.context), key };
    if (!(await parts.idempotency.isKnown({ accountId, ...sent }))) throw error;
  }
}

/** A permit that can't be given back now is closed by the sweeper; the caller hears of the first failure. */
async function releasePermit(
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
    seesModelCost: seesModelCost(context.caller, parts.settings),
    origin: inFlight,
    permit,
    idempotencyKey: key,
    ifMatch: route.shape.versioned === true ? versionOf(inFlight.request) : undefined,
    once: onceFor(call, parts),
    onceInSteps: onceInStepsFor(call, parts),
    wire: wireOf(inFlight, parts),
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
    route: route.name,
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

/** A handler's answer: a plain value is 200 (nothing at all 204), an `answer()` says its status itself. */
function answerOf(
  route: Route,
  result: unknown,
  { check, isConcealed }: { readonly check: boolean; readonly isConcealed: boolean },
): ReadyAnswer {
  const given = isAnswer(result) ? result : { status: result === undefined ? 204 : 200, body: result };
  const { status, headers } = given;
  const schema = isConcealed ? route.shape.reply[status] : undefined;
  const body = schema === undefined ? given.body : concealModelCost(schema, given.body);
  const text = body === undefined ? undefined : JSON.stringify(body);
  if (check) checkReply(route, status, text);
  if (route.shape.page === true && typeof body === 'string')
    return { status, headers, type: PAGE_TYPE, text: body };
  return { status, headers, type: JSON_TYPE, text };
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

/** A plan that lacks what a route requires is refused before anything is looked at. */
async function assertGranted(
  { route, product, context }: Pick<SpendingCall, 'route' | 'product' | 'context'>,
  parts: Pick<ServerParts, 'planRates' | 'telemetry' | 'upgradeFor'>,
): Promise<void> {
  const { requires = [] } = route.shape;
  if (requires.length === 0 || context.accountId === undefined || parts.planRates === undefined) return;
  const { plan, grants } = await parts.planRates.now(context.accountId, product);
  const grant = requires.find((name) => (grants[name] ?? false) === false);
  if (grant === undefined) return;
  parts.telemetry.metrics.denial(product, grant);
  const upgrade = parts.upgradeFor?.({ product, plan, grant, atLeast: true }) ?? null;
  throw planRequired({ product, plan, grant, needed: true }, upgrade);
}

/** The answer to a repeat of an Idempotency-Key, and whether the route made it anew: what was kept long ago is not held against its schema. */
async function replayAnswer(
  { route, input, context }: SpendingCall,
  kept: Answer,
  service: unknown,
): Promise<{ readonly result: Answer; readonly isNew: boolean }> {
  const replay = route.shape.spends?.replay;
  if (replay === undefined) return { result: kept, isNew: false };
  const { accountId } = context;
  const made = await replay({ ...input, accountId, kept: kept.body } as never, service as never);
  return { result: answer(kept.status, made, kept.headers), isNew: true };
}
