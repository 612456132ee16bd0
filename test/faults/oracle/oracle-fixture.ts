import type { Exchange } from '../history.ts';
import { examine } from './index.ts';
import type { BilledCall, Change, EventRow, Facts, GenerationRow, MeterRow, PermitRow } from './facts.ts';

/** Rows, bills and histories by hand: a small world in which everything is right, to be spoiled in one place. */

export const ACCOUNT = 'account-1';
/** A noon. */
export const NOON = Date.UTC(2026, 10, 20, 12);
const MONTH = Date.UTC(2026, 10);

export const timeAt = (seconds: number): string => new Date(NOON + seconds * 1_000).toISOString();

export function permit(id: string, more: Partial<PermitRow> = {}): PermitRow {
  return {
    account_id: ACCOUNT,
    id,
    product: 'demo',
    feature: 'use',
    units: 1,
    reserve: 100,
    state: 'running',
    holder: 'holder-1',
    subject: null,
    job_id: null,
    request_id: `request-${id}`,
    due_at: timeAt(480),
    created_at: timeAt(0),
    ...more,
  };
}

export function event(id: string, more: Partial<EventRow> = {}): EventRow {
  return {
    account_id: ACCOUNT,
    id: `event-${id}`,
    permit_id: id,
    product: 'demo',
    provider: 'sandbox',
    model: 'sandbox-small',
    provider_request_id: `theirs-${id}`,
    prompt_tokens: 10,
    cached_tokens: 0,
    completion_tokens: 20,
    reasoning_tokens: 0,
    reserve: 100,
    // 10 × 0.15 + 20 × 0.60 micro-dollars, rounded up.
    cost: 14,
    state: 'posted',
    estimated: false,
    corrects: null,
    reported_id: null,
    request_id: `request-${id}`,
    ...more,
  };
}

/** A call that went out, and whose outcome stayed unknown: its reserve is posted. */
export const estimate = (id: string, more: Partial<EventRow> = {}): EventRow =>
  event(id, {
    provider_request_id: null,
    prompt_tokens: 0,
    completion_tokens: 0,
    cost: 100,
    estimated: true,
    ...more,
  });

export function billedCall(id: string, more: Partial<BilledCall> = {}): BilledCall {
  return {
    request_id: `theirs-${id}`,
    model: 'sandbox-small',
    prompt_tokens: 10,
    cached_tokens: 0,
    completion_tokens: 20,
    reasoning_tokens: 0,
    client_request_id: `request-${id}`,
    ...more,
  };
}

/** What the product's meter holds: by the limit's name, in the window of noon. */
export function meter(used: Readonly<Record<string, number>>): MeterRow {
  const starts: Readonly<Record<string, number>> = { monthly: MONTH, daily_cost: NOON - 12 * 3_600_000 };
  const names = Object.keys(used);
  return {
    account_id: ACCOUNT,
    scope: 'demo',
    names,
    starts: names.map((name) => (starts[name] ?? NOON) * 1_000),
    used: Object.values(used),
  };
}

/** Transactions, each a list of what it wrote, a second apart. */
export function traceOf(...transactions: readonly (readonly WrittenRow[])[]): Change[] {
  let seq = 0;
  return transactions.flatMap((written, tx) =>
    written.map(([about, row]) => {
      seq += 1;
      const time = NOON + tx * 1_000;
      return { seq, tx, at: time, wall: time, about, row } as Change;
    }),
  );
}

export type WrittenRow = readonly [about: Change['about'], row: Change['row']];

export function exchangeOf(id: string, more: Partial<Exchange> = {}): Exchange {
  return {
    id: `request-${id}`,
    caller: 'caller-1',
    account: ACCOUNT,
    route: 'POST /v1/create',
    path: '/v1/create',
    key: undefined,
    body: '{}',
    node: 0,
    leaves: false,
    asked: NOON,
    ended: NOON + 1,
    answer: undefined,
    ...more,
  };
}

export const answerWith = (status: number, body: unknown, code?: string) => ({
  answer: {
    status,
    code,
    replayed: false,
    whole: true,
    body,
    retryAfter: status === 429 || status === 503 ? '1' : undefined,
  },
});

export function generation(id: string, more: Partial<GenerationRow> = {}): GenerationRow {
  return {
    account_id: ACCOUNT,
    id: `generation-${id}`,
    permit_id: id,
    status: 'completed',
    variants: 1,
    written: 1,
    request_id: `request-${id}`,
    ...more,
  };
}

export const SIZES = {
  monthly: 3,
  hourly: 5,
  per_minute: 4,
  smooth: 2,
  at_once: 2,
  daily_cost: 1_000,
  pause: 20,
  coins: 0,
};

/** A world without anything in it, but for what is given. */
export function world(more: Partial<Facts> = {}): Facts {
  return {
    trace: [],
    holders: [{ id: 'holder-1', expires_at: timeAt(3_600) }],
    snapshots: [{ account_id: ACCOUNT, product: 'demo', timeline: [{ from: timeAt(-60), grants: SIZES }] }],
    permits: [],
    events: [],
    credits: [],
    generations: [],
    jobs: [],
    bill: [],
    history: [],
    usage: new Map(),
    told: new Map(),
    outages: [],
    ...more,
  };
}

/** The rules that such a world violates, by the oracle. */
export const rules = (facts: Partial<Facts>): string[] => [
  ...new Set(examine(world(facts), { from: NOON, until: NOON }).map(({ rule }) => rule)),
];
