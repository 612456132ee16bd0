import type { CallResult } from '../providers/breaker.ts';
import type { Patience } from '../wait-queue.ts';
import type { AccountId } from '#platform/kernel';
import type { Lane } from '#platform/jobs';
import type { Epoch } from '../providers/throttle.ts';
import type { Release, Slots } from './slots.ts';
import type { Target } from '../providers/providers.ts';

/** Meaning of a call's end for its provider's health. `throttled`: it had no room. */
export type Health = CallResult | 'throttled';

/** Permission to make one call of a model. The caller must record the outcome and release it. */
export interface SlotAdmission {
  readonly target: Target;
  /** How the provider took the call; `retryAfter` are the milliseconds that it asked to wait. The first word counts. */
  record(health: Health, retryAfter?: number): void;
  /** The call is over, a stream to its last byte: its slot is free again. The first time counts. */
  release: Release;
}

/** There is no room: milliseconds until it is worth another look. */
export interface NoSlot {
  readonly wait: number;
}

export interface SlotRequest {
  /** The account of the call: failures of one account count once. */
  readonly account: AccountId;
  readonly lane: Lane;
  readonly patience: Patience;
  readonly slots: Slots | undefined;
}

/**
 * Asks for leave: of the breaker, that the provider works; of the throttle, that the provider has room for us; of the slots,
 * that there is room. In this order, so that no call holds a slot while it waits for the throttle. Nothing is in the ledger yet.
 */
export async function admitToSlot(target: Target, how: SlotRequest): Promise<SlotAdmission | NoSlot> {
  const { breaker, throttle } = target;
  const { account } = how;
  const admittance = breaker.admit(account);
  if (admittance === 'refused') return { wait: breaker.wait(account) };
  const slot = await slotAt(target, how);
  if (slot === undefined) {
    breaker.record(account, admittance, 'neutral');
    return { wait: throttle.wait };
  }
  let isRecorded = false;
  return {
    target,
    record(health, retryAfter) {
      if (isRecorded) return;
      isRecorded = true;
      breaker.record(account, admittance, health === 'throttled' ? 'neutral' : health);
      if (health === 'throttled') throttle.throttled(slot.epoch, retryAfter);
      else throttle.leave(slot.epoch, health === 'ok' ? 'served' : 'other');
    },
    release: slot.release,
  };
}

interface Slot {
  readonly epoch: Epoch;
  readonly release: Release;
}

async function slotAt(target: Target, { lane, patience, slots }: SlotRequest): Promise<Slot | undefined> {
  const { throttle } = target;
  for (;;) {
    const epoch = throttle.admit() ?? (await throttle.queue(patience));
    if (epoch === undefined) return undefined;
    if (slots === undefined) return { epoch, release: nothing };
    const release = await slots.take(target, lane, patience);
    // It may have closed while this call waited for its slot.
    if (release !== undefined && throttle.isCurrent(epoch)) return { epoch, release };
    throttle.leave(epoch, 'other');
    if (release === undefined) return undefined;
    release();
  }
}

function nothing(): void {}
