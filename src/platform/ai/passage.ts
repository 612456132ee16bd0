import type { CallResult } from './breaker.ts';
import type { Patience } from './line.ts';
import type { AccountId } from '#platform/kernel';
import type { Lane } from '#platform/jobs';
import type { GatePass } from './gate.ts';
import type { Release, Slots } from './slots.ts';
import type { Target } from './providers.ts';

/** What a call's end says of its provider. `throttled`: it had no room. */
export type Health = CallResult | 'throttled';

/** Leave to make one call of a model. Whoever has it must judge and release it. */
export interface Passage {
  readonly target: Target;
  /** How the provider took the call; `retryAfter` are the milliseconds that it asked to wait. The first word counts. */
  judge(health: Health, retryAfter?: number): void;
  /** The call is over, a stream to its last byte: its slot is free again. The first time counts. */
  release: Release;
}

/** There is no room: milliseconds until it is worth another look. */
export interface Refused {
  readonly wait: number;
}

export interface PassageHow {
  /** Whose call it is: failures of one account count once. */
  readonly account: AccountId;
  readonly lane: Lane;
  readonly patience: Patience;
  readonly slots: Slots | undefined;
}

/**
 * Asks for leave: of the breaker, that the provider works; of the gate, that it does not throttle us; of the slots,
 * that there is room. In this order, so that nobody holds a slot who waits at a gate. Nothing is in the ledger yet.
 */
export async function passageTo(target: Target, how: PassageHow): Promise<Passage | Refused> {
  const { breaker, gate } = target;
  const { account } = how;
  const admittance = breaker.admit(account);
  if (admittance === 'refused') return { wait: breaker.wait(account) };
  const room = await roomAt(target, how);
  if (room === undefined) {
    breaker.record(account, admittance, 'neutral');
    return { wait: gate.wait };
  }
  let isJudged = false;
  return {
    target,
    judge(health, retryAfter) {
      if (isJudged) return;
      isJudged = true;
      breaker.record(account, admittance, health === 'throttled' ? 'neutral' : health);
      if (health === 'throttled') gate.throttled(room.pass, retryAfter);
      else gate.leave(room.pass, health === 'ok' ? 'served' : 'other');
    },
    release: room.release,
  };
}

interface Room {
  readonly pass: GatePass;
  readonly release: Release;
}

async function roomAt(target: Target, { lane, patience, slots }: PassageHow): Promise<Room | undefined> {
  const { gate } = target;
  for (;;) {
    const pass = gate.admit() ?? (await gate.queue(patience));
    if (pass === undefined) return undefined;
    if (slots === undefined) return { pass, release: nothing };
    const release = await slots.take(target, lane, patience);
    // It may have closed while this call waited for its slot.
    if (release !== undefined && gate.holds(pass)) return { pass, release };
    gate.leave(pass, 'other');
    if (release === undefined) return undefined;
    release();
  }
}

function nothing(): void {}
