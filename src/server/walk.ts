import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type Answer,
  idempotencyOf,
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
import { concluded } from './conclusion.ts';
import { type Standing, standingOf } from './caller-context.ts';
import { asAppError } from './failures.ts';
import { bodyOf, idempotencyKeyOf, readInput, requestHash, versionOf } from './input.ts';
import type { ServerParts } from './parts.ts';
import { takeRates } from './rates.ts';
import { sendResult } from './replies.ts';
import type { Visit } from './in-flight.ts';

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
    const { visit } = request;
    visit.maxSeconds = shape.maxSeconds;
    visit.streams = shape.streams === true;
    const standing = await standingOf(route, request, parts);
    const input = readInput(route, request);
    const key = idempotencyKeyOf(request, takesKey);
    await takeRates(route, { product, visit, standing, input }, parts);
    await assertProven(route, standing, parts);

    const call: SpendingCall = { route, product, visit, standing, input, key };
    const instead = await prechecked(call, parts);
    if (instead !== undefined) return sendResult(route, reply, { result: instead, check: checkReplies });

    await looked(call, mounted.service, parts);
    // What only the body tells of the model call is read before anything is charged.
    const prepare = shape.spends?.prepare;
    const planned = await prepare?.({ ...input, wire: wireOf(visit) }, mounted.service as never);
    const admission = shape.spends === undefined ? undefined : await admitted(call, planned, parts);
    if (admission !== undefined && 'replay' in admission) {
      return sendResult(route, reply, { result: admission.replay, check: false });
    }
    const { permit, prepared } = admission ?? { permit: undefined, prepared: undefined };
    try {
      const result = await handle({ ...callFor(call, permit, parts), prepared }, mounted.service);
      if (permit !== undefined) await concluded(call, { permit, result }, parts);
      sendResult(route, reply, { result, check: checkReplies });
    } catch (error) {
      const failure = asAppError(error);
      if (permit !== undefined) await released(call, { permit, failure }, parts);
      throw failure;
    }
  };
}

/** A session that somebody found open does not do what asks for a proof of late. */
async function assertProven({ shape }: Route, { caller }: Standing, parts: ServerParts): Promise<void> {
  if (shape.stepUp !== true || caller === undefined || caller.keyId !== undefined) return;
  if (parts.assertProven === undefined) throw new Error('nobody says whether a session was proven lately');
  await parts.assertProven(caller);
}

async function prechecked(call: SpendingCall, parts: ServerParts): Promise<Answer | undefined> {
  const { route, product, visit, standing, input } = call;
  const text = route.shape.precheck?.(input);
  if (text === undefined || parts.precheck === undefined) return undefined;
  return parts.precheck({ text, route, product, caller: standing.caller, origin: visit });
}

/** The look before anything is charged. A repeat gets what admission has kept for it, whatever has changed since. */
async function looked(call: SpendingCall, service: unknown, parts: ServerParts): Promise<void> {
  const { route, input, key } = call;
  const { accountId, caller } = call.standing;
  try {
    await route.shape.spends?.check?.({ ...input, accountId, caller } as never, service as never);
  } catch (error) {
    if (key === undefined || accountId === undefined) throw error;
    const sent = { route: keyedRoute(call), by: keySender(call.standing), key };
    if (!(await parts.idempotency.isKnown({ accountId, ...sent }))) throw error;
  }
}

/** A permit that can't be given back now is closed by the sweeper; the caller hears of the first failure. */
async function released(
  { route, visit }: SpendingCall,
  { permit, failure }: { permit: Permit; failure: AppError },
  parts: ServerParts,
): Promise<void> {
  try {
    await giveBack(route, permit, failure);
  } catch (err) {
    parts.telemetry.logger.warn(
      { request_id: visit.requestId, permit_id: permit.id, err },
      'a permit could not be released',
    );
  }
}

function callFor(call: SpendingCall, permit: Permit | undefined, parts: ServerParts): object {
  const { route, visit, standing, input, key } = call;
  return {
    ...input,
    ...standing,
    origin: visit,
    permit,
    idempotencyKey: key,
    ifMatch: route.shape.versioned === true ? versionOf(visit.request) : undefined,
    once: onceFor(call, parts),
    onceInSteps: onceInStepsFor(call, parts),
    wire: wireOf(visit),
  };
}

function onceFor(call: SpendingCall, parts: ServerParts): Once {
  return (point, effect, within) => parts.idempotency.once(keyedCall(call, within), point, effect);
}

function onceInStepsFor(call: SpendingCall, parts: ServerParts): OnceInSteps {
  return (effect, within) => parts.idempotency.onceInSteps(keyedCall(call, within), effect);
}

function keyedCall(call: SpendingCall, within?: Parameters<Once>[2]): KeyedCall {
  const { route, standing, visit, key } = call;
  return {
    scope: scopeOf(call, within),
    route: keyedRoute(call),
    by: keySender(standing),
    key,
    bodyHash: key === undefined ? '' : requestHash(visit.request),
    private: route.shape.private === true,
    secrets: route.shape.secrets ?? [],
  };
}

function scopeOf({ route, standing }: SpendingCall, within: Parameters<Once>[2]): Scope {
  const { caller, accountId } = standing;
  if (within !== undefined && 'account' in within) return within;
  if (accountId !== undefined) return { account: accountId };
  if (caller === undefined) throw new Error(`${route.name}: once() needs a caller`);
  const use = route.shape.auth === 'admin' ? 'admin.calls' : undefined;
  return { user: caller.userId, use: within?.use ?? use };
}

function wireOf(visit: Visit): Wire {
  const { request, reply } = visit;
  return {
    request: request.raw,
    body: bodyOf(request).raw,
    accept: request.headers.accept ?? '*/*',
    take() {
      visit.taken = true;
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) reply.raw.setHeader(name, value);
      }
      return reply.raw;
    },
  };
}
