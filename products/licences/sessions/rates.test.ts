import type { RateEntry, Rates } from '#platform/limits';
import { expect, test } from 'vitest';
import { createSessionRates, type RatedCall } from './rates.ts';

const RATES: Rates = {
  take: async () => undefined,
  sweep: async () => 0,
  forget() {},
  close: async () => {},
};

/** Rates of a call, and how many of each a minute has. */
async function rateEntriesOf(call: RatedCall): Promise<readonly RateEntry[]> {
  const seen: RateEntry[] = [];
  const take: Rates['take'] = async (entries) => {
    seen.push(...entries);
    return undefined;
  };
  await createSessionRates({ rates: { ...RATES, take } })(call);
  return seen;
}

const call = { licenseId: 'L', machine: 'M', ip: '192.0.2.1' } as const;
const perMinute = async (kind: RatedCall['kind'], seats: number) =>
  (await rateEntriesOf({ ...call, kind, seats })).map((entry) => entry.perMinute);

test('a machine has ten acquires and twenty heartbeats a minute, for all licences together', async () => {
  for (const seats of [3, 50, 10_000]) {
    expect((await perMinute('acquire', seats))[0]).toBe(10);
    expect((await perMinute('heartbeat', seats))[0]).toBe(20);
  }
});

test('a licence’s rates grow with its seats, and from one address are half of that', async () => {
  for (const kind of ['acquire', 'heartbeat'] as const) {
    expect((await perMinute(kind, 3)).slice(1)).toEqual([660, 330]);
    expect((await perMinute(kind, 10_000)).slice(1)).toEqual([200_600, 100_300]);
  }
});

test('machines, licences, addresses and the two calls are counted apart', async () => {
  const calls: RatedCall[] = [
    { ...call, kind: 'acquire', seats: 3 },
    { ...call, kind: 'heartbeat', seats: 3 },
    { ...call, kind: 'acquire', seats: 3, licenseId: 'other' },
  ];
  const keys = (await Promise.all(calls.map(rateEntriesOf))).flat().map(({ key }) => key);
  expect(new Set(keys).size).toBe(9);
  const [machine] = await rateEntriesOf({ ...call, kind: 'acquire', seats: 3, machine: 'other' });
  const [, , address] = await rateEntriesOf({ ...call, kind: 'acquire', seats: 3, ip: '192.0.3.1' });
  expect(keys).not.toContain(machine?.key);
  expect(keys).not.toContain(address?.key);
});
