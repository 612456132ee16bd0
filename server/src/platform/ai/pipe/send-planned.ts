import { AppError, type UsageEventId } from '#platform/kernel';
import type { PipeCall } from './attempt.ts';
import { type CallPlan, planCall } from '../plan.ts';
import { type Target, thinks } from '../providers/providers.ts';
import type { TokenCounter } from '../metering/tokens.ts';
import type { WireRequest } from '../wire.ts';

export interface SentPlan {
  readonly plan: CallPlan;
  readonly event: UsageEventId;
  /** The request as it was planned: counted, where its bytes did not fit. */
  readonly wire: WireRequest;
}

/**
 * Tokens for the thoughts of a model, which count as its reply: product code says how long an answer may be. gpt-5 thinks over such
 * tasks in 500 to 4,000 at its usual effort (github.com/covan-ai/covan/pull/112, github.com/lotus-data/lotus/pull/260); what it does
 * not think costs nothing. Where a budget has no room for all of it, there is less.
 */
const ROOMS = [16_384, 4_096, 0];
const NO_ROOM = [0];

/**
 * Plans a provider call and has its row written before a byte leaves. Where a budget has no room for the bound by bytes, or the
 * policy's cap of cost is below it, the input is counted by a tokenizer and asked for once more, and then with less room for thoughts. Throws
 * `limit_exceeded`, and `call_too_costly`.
 */
export async function sendPlanned(
  parts: { readonly tokens: TokenCounter },
  call: PipeCall,
  target: Target,
): Promise<SentPlan> {
  const { permit } = call;
  // Through the OpenAI endpoint a length is the caller's own, thoughts included.
  const [room = 0, ...less] =
    call.wire.dialect.writes && call.budget === undefined && thinks(target) ? ROOMS : NO_ROOM;
  async function send(wire: WireRequest, tokens: number): Promise<SentPlan> {
    const plan = planCall({ ...call, wire, room: tokens }, target);
    return { plan, wire, event: await permit.send(plan.call) };
  }
  async function sendSmaller(wire: WireRequest, rooms: readonly number[], error: unknown): Promise<SentPlan> {
    const [next, ...rest] = rooms;
    if (next === undefined || !isShortOfMoney(error)) throw error;
    return send(wire, next).catch((again: unknown) => sendSmaller(wire, rest, again));
  }
  try {
    return await send(call.wire, room);
  } catch (error) {
    if (!isShortOfMoney(error)) throw error;
    const counted = call.wire.counted ?? (await parts.tokens.count(call.wire));
    const isCloser = call.wire.counted === undefined && counted !== undefined;
    return sendSmaller({ ...call.wire, counted }, isCloser ? [room, ...less] : less, error);
  }
}

function isShortOfMoney(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'limit_exceeded' || error.code === 'call_too_costly');
}
