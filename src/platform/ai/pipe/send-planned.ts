import { AppError, type UsageEventId } from '#platform/kernel';
import type { PipeCall } from './attempt.ts';
import { type CallPlan, planCall } from '../plan.ts';
import type { Target } from '../providers/providers.ts';
import type { TokenCounter } from '../metering/tokens.ts';
import type { WireRequest } from '../wire.ts';

export interface SentPlan {
  readonly plan: CallPlan;
  readonly event: UsageEventId;
  /** The request as it was planned: counted, where its bytes did not fit. */
  readonly wire: WireRequest;
}

/**
 * Plans a provider call and has its row written before a byte leaves. Where a budget has no room for the bound by bytes, or the
 * policy's cap of cost is below it, the input is counted by a tokenizer and asked for once more. Throws `limit_exceeded`, and `call_too_costly`.
 */
export async function sendPlanned(
  parts: { readonly tokens: TokenCounter },
  call: PipeCall,
  target: Target,
): Promise<SentPlan> {
  const { permit } = call;
  async function send(wire: WireRequest): Promise<SentPlan> {
    const plan = planCall({ ...call, wire }, target);
    return { plan, wire, event: await permit.send(plan.call) };
  }
  try {
    return await send(call.wire);
  } catch (error) {
    if (call.wire.counted !== undefined || !isShortOfMoney(error)) throw error;
    const counted = await parts.tokens.count(call.wire);
    if (counted === undefined) throw error;
    return send({ ...call.wire, counted });
  }
}

export function isShortOfMoney(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'limit_exceeded' || error.code === 'call_too_costly');
}
