import type { Answer } from './answers.ts';
import { denied } from './answers.ts';
import { alertsOf } from './alerts.ts';
import type { Change } from './changes.ts';
import { type Instant, type Segment, SECOND, sizeOf } from './state.ts';
import { windowOf } from './windows.ts';

/** A machine's lease. */
export interface SeatLease {
  readonly machine: string;
  readonly fence: number;
  readonly expiresAt: Instant;
}

export type SeatAnswer =
  | Exclude<Answer, { readonly kind: 'granted' | 'permit' }>
  | { readonly kind: 'seat'; readonly fence: number; readonly expiresAt: Instant };

/** Alerts of what has no window count by the month. */
function monthly(now: Instant): Instant {
  return windowOf(NOWHERE, 'month', { now, stored: undefined }).starts;
}

const NOWHERE = {
  accountId: '',
  product: '',
  zone: 'UTC',
  madeAt: 0,
  anchor: null,
  timeline: [],
  meters: new Map(),
  failuresElsewhere: [],
  staked: [],
  open: [],
  credits: [],
  spenders: new Map(),
  keys: new Map(),
};

interface Here {
  readonly product: string;
  readonly name: string;
  readonly segment: Segment;
  readonly now: Instant;
}

/** A seat for a machine, which has at most one: whoever holds one takes it over from its former self. */
export function decideSeat(
  { product, name, segment, now }: Here,
  seats: readonly SeatLease[],
  { machine, seconds }: { readonly machine: string; readonly seconds: number },
): { readonly answer: SeatAnswer; readonly changes: readonly Change[] } {
  const max = sizeOf(segment, name);
  const { plan } = segment;
  if (plan === null || max === null || max < 1)
    return { answer: { kind: 'plan_required', grant: name, needed: 1, plan }, changes: [] };
  const held = seats.filter(({ expiresAt }) => expiresAt > now);
  const others = held.filter((seat) => seat.machine !== machine);
  const used = others.length;
  if (used >= max) {
    const resetsAt = others.reduce((least, { expiresAt }) => Math.min(least, expiresAt), Infinity);
    const closed = { limit: name, of: 'seats', used, max, resetsAt };
    return { answer: denied(closed, { now, segment }), changes: [] };
  }
  const own = seats.find((seat) => seat.machine === machine);
  const at = { scope: product, name, starts: monthly(now), kind: 'seats', resetsAt: null };
  const isNew = held.length === others.length;
  return {
    answer: { kind: 'seat', fence: (own?.fence ?? 0) + 1, expiresAt: now + seconds * SECOND },
    changes: isNew ? alertsOf(product, at, { before: used, after: used + 1, size: max }) : [],
  };
}

/** What there is of something grows or shrinks: growth beyond the plan's size is denied, what shrinks never is. */
export function decideGauge(
  { product, name, segment, now }: Here,
  used: number,
  delta: number,
): {
  readonly answer: Answer | { readonly kind: 'moved'; readonly used: number };
  readonly changes: readonly Change[];
} {
  const after = Math.max(0, used + delta);
  const moved = { kind: 'moved', used: after } as const;
  if (delta <= 0) return { answer: moved, changes: [] };
  const max = sizeOf(segment, name) ?? 0;
  if (after > max) {
    const plan = segment.plan ?? '';
    const closed = { limit: name, of: 'gauge', used: after - delta, max, resetsAt: null };
    return { answer: denied(closed, { now, segment: { plan } }), changes: [] };
  }
  const at = { scope: product, name, starts: monthly(now), kind: 'gauge', resetsAt: null };
  return { answer: moved, changes: alertsOf(product, at, { before: used, after, size: max }) };
}
