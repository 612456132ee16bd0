import { PlinthError } from '@plinth/sdk';
import { assertHolds } from '@plinth/testkit/property';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  beforeSession,
  reduce,
  type SessionEvent,
  type SessionState,
  shownState,
} from '../../sdk/src/licenses/session-state.ts';
import { LicenseError } from '../../sdk/src/licenses/states.ts';
import type { Lease } from '../../sdk/src/licenses/tokens.ts';

const MINUTE = 60_000;
const at = { now: 0, elapsed: 0, chance: 0 };
const lease: Lease = {
  token: 'signed',
  licenseId: 'license',
  sessionId: 'session',
  fence: 1,
  nonce: 'nonce',
  serverTime: 0,
  expiresAt: 6 * MINUTE,
  offlineUntil: undefined,
};
const granted: SessionEvent & { readonly kind: 'granted' } = {
  kind: 'granted',
  lease,
  granted: { interval: 5 * MINUTE, seats: undefined },
};

function run(events: readonly SessionEvent[], instant = at): SessionState {
  return events.reduce((state, event) => reduce(state, event, instant).state, beforeSession([]));
}

it.each([
  { chance: 0, seconds: 303 },
  { chance: 1, seconds: 330 },
])(
  'a heartbeat is due 1 to 10 % after its interval, so that thousands do not come at once ($seconds s)',
  (one) => {
    expect(run([granted], { ...at, chance: one.chance }).due).toBe(one.seconds * 1_000);
  },
);

it('a heartbeat is due half a minute before the seat ends, however long the interval', () => {
  const hourly: SessionEvent = { ...granted, granted: { interval: 60 * MINUTE, seats: undefined } };
  expect(run([hourly]).due).toBe(5.5 * MINUTE);
});

it.each([
  { retryAfter: undefined, seconds: 30 },
  { retryAfter: 40, seconds: 40 },
  { retryAfter: 3_600, seconds: 300 },
])('a server that is away is asked again when it said ($retryAfter), after $seconds seconds', (one) => {
  const { retryAfter, seconds } = one;
  const error = new PlinthError({ code: 'unavailable', message: 'Away.', status: 503, retryAfter });
  expect(run([granted, { kind: 'away', error }]).due).toBe(seconds * 1_000);
});

it('work is allowed only under a lease that goes on, after any events', () => {
  const error = new LicenseError('seats_exhausted', 'All seats are taken.');
  const offline = { ...lease, offlineUntil: 30 * MINUTE };
  const events: readonly SessionEvent[] = [
    { kind: 'begun' },
    { kind: 'found', keys: [], former: offline },
    granted,
    { ...granted, lease: offline },
    { kind: 'adopted', lease, age: MINUTE, interval: MINUTE, seats: undefined, keys: [], former: undefined },
    { kind: 'resumed', lease: offline, told: {} },
    { kind: 'away', error },
    { kind: 'lost', lease },
    { kind: 'refused', error },
    { kind: 'set_back', by: 3 * MINUTE },
    { kind: 'looked', age: MINUTE },
    { kind: 'ended' },
    { kind: 'former_released', token: undefined },
    { kind: 'released' },
  ];
  const step = fc.record({ event: fc.constantFrom(...events), passed: fc.integer({ min: 0, max: 12 }) });
  const running = fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
    let state = beforeSession([]);
    let now = 0;
    for (const { event, passed } of steps) {
      now += passed * MINUTE;
      ({ state } = reduce(state, event, { now, elapsed: now, chance: 0.5 }));
      const { status } = shownState(state, now);
      if (status !== 'online' && status !== 'offline') continue;
      const { held, former } = state;
      const ends = [held?.expiresAt, held?.offlineUntil, former?.offlineUntil];
      expect(held).toBeDefined();
      expect(Math.max(...ends.map((end) => end ?? 0))).toBeGreaterThan(now);
    }
  });
  assertHolds(running, { numRuns: 500 });
});
