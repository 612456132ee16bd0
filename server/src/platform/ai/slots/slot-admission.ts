import type { CallResult } from '../providers/breaker.ts';
import type { Patience } from '../wait-queue.ts';
import type { AccountId } from '#platform/kernel';
import type { Lane } from '#platform/jobs';
import type { Epoch } from '../providers/throttle.ts';
import type { Release, Slots } from './slots.ts';
import { recordKey } from '../providers/keys.ts';
import { type Target, waitFor } from '../providers/providers.ts';

/** Meaning of a call's end for its provider's health. `throttled`: it had no room; `key_refused`: it takes another key. */
export type Health = CallResult | 'throttled' | 'key_refused';

/** Permission to make one call of a model. The caller must record the outcome and release it. */
export interface SlotAdmission {
  readonly target: Target;
  /** How the provider took the call; `retryAfter` are the milliseconds that it asked to wait. The first word counts. */
  record(health: Health, told?: { readonly status: number; readonly retryAfter: number | undefined }): void;
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
  const { breaker } = target;
  const { account } = how;
  const admittance = breaker.admit(account);
  if (admittance === 'refused') return { wait: breaker.wait(account) };
  // Room at the provider is the account's own, and its 429 says nothing of the operator's.
  const slot = target.isOwnKey ? { target, epoch: NO_EPOCH, release: nothing } : await slotAt(target, how);
  if (slot === undefined) {
    breaker.record(account, admittance, 'neutral');
    return { wait: waitFor(target) };
  }
  const { key, throttle } = slot.target;
  let isRecorded = false;
  return {
    target: slot.target,
    record(health, told) {
      if (isRecorded) return;
      isRecorded = true;
      const isOfKey = health === 'throttled' || health === 'key_refused';
      breaker.record(account, admittance, isOfKey ? 'neutral' : health);
      if (health === 'throttled') throttle.throttled(slot.epoch, told?.retryAfter);
      else throttle.leave(slot.epoch, health === 'ok' ? 'served' : 'other');
      if (key === undefined) return;
      if (health === 'ok') recordKey(key, 'ok');
      else if (health === 'key_refused' && told !== undefined) recordKey(key, told.status);
    },
    release: slot.release,
  };
}

/** The throttle has let no such call through. */
const NO_EPOCH = -1;

interface Slot {
  /** With the key that it is for. */
  readonly target: Target;
  readonly epoch: Epoch;
  readonly release: Release;
}

async function slotAt(target: Target, { lane, patience, slots }: SlotRequest): Promise<Slot | undefined> {
  for (;;) {
    const chosen = target.keys === undefined ? target : target.keys.next();
    if (chosen === undefined) return undefined;
    const { throttle, key } = chosen;
    const epoch = throttle.admit() ?? (await throttle.queue(patience));
    // Another key may have room before patience ends.
    if (epoch === undefined && target.keys?.isWorthWaiting(patience) === true) continue;
    if (epoch === undefined) return undefined;
    if (key !== undefined && target.keys?.take(key) === false) {
      throttle.leave(epoch, 'other');
      continue;
    }
    if (slots === undefined) return { target: chosen, epoch, release: nothing };
    const release = await slots.take(target, lane, patience);
    // It may have closed while this call waited for its slot.
    if (release !== undefined && throttle.isCurrent(epoch)) return { target: chosen, epoch, release };
    throttle.leave(epoch, 'other');
    if (release === undefined) return undefined;
    release();
  }
}

function nothing(): void {}
