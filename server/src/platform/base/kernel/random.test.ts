import { v7 } from 'uuid';
import { expect, test } from 'vitest';
import { createIds, randomToken, systemClock, systemRandom } from './index.ts';

const MANY = 1_000;

test('no two tokens are alike, and none is empty of chance', () => {
  const tokens = Array.from({ length: MANY }, () => randomToken(systemRandom));
  expect(new Set(tokens).size).toBe(MANY);
  // A token of 43 out of 64 characters has about 32 different ones.
  expect(tokens.every((token) => new Set(token).size > 12)).toBe(true);
});

test('bytes stay as they were handed out, whatever is asked for later', () => {
  const handedOut = Array.from({ length: MANY }, () => systemRandom.bytes(16));
  const written = handedOut.map((bytes) => Buffer.from(bytes).toString('hex'));
  expect(new Set(written).size).toBe(MANY);
  expect(handedOut.some((bytes) => bytes.every((byte) => byte === 0))).toBe(false);
});

test('more than a pool holds is handed out whole', () => {
  const bytes = systemRandom.bytes(10_000);
  expect(bytes.length).toBe(10_000);
  expect(bytes.subarray(5_000).some((byte) => byte !== 0)).toBe(true);
});

test('ids that two processes make in one millisecond are different', () => {
  const clock = { now: () => 1_800_000_000_000, monotonic: () => systemClock.monotonic() };
  const [one, other] = [
    createIds({ clock, random: systemRandom }),
    createIds({ clock, random: systemRandom }),
  ];
  expect(one.next()).not.toBe(other.next());
});

test('an id is a UUIDv7 as a package of the field makes it from the same time, sequence and chance', () => {
  let now = 1_700_000_000_000;
  const random = {
    bytes: (length: number) => new Uint8Array(length).map((_, at) => 41 * at + 7),
    uniform: () => 0,
  };
  const ids = createIds({ clock: { now: () => now, monotonic: () => 0 }, random });
  const chance = new Uint8Array([...random.bytes(10).map(() => 0), ...random.bytes(6)]);
  for (let seq = 0; seq < 20_000; seq += 1) expect(ids.next()).toBe(v7({ msecs: now, seq, random: chance }));
  now += 1;
  expect(ids.next()).toBe(v7({ msecs: now, seq: 0, random: chance }));
  now -= 5;
  expect(ids.next()).toBe(v7({ msecs: now + 5, seq: 1, random: chance }));
});
