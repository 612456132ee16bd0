import { expect, test } from 'vitest';
import { createBodyCapacity } from './body-capacity.ts';

const KIB = 1_024;

/** Room for 1,000 KiB, 500 of them for an address. */
function room() {
  let now = 0;
  const dropped: string[] = [];
  const capacity = createBodyCapacity({ process: 1_000 * KIB, account: 800 * KIB }, { monotonic: () => now });
  const open = (name: string, address: string, kib: number, account?: string) => {
    const place = capacity.open({ account, address, dropped: () => void dropped.push(name) });
    place.take(kib * KIB);
    return place;
  };
  return { dropped, open, pass: (ms: number) => (now += ms) };
}

test('a body that stands still gives way to one of its address, and one that comes does not', () => {
  const { dropped, open, pass } = room();
  open('idle', 'a', 300);
  const busy = open('busy', 'a', 100);
  open('elsewhere', 'b', 300);
  expect(() => open('early', 'a', 200)).toThrow('as many bytes');
  pass(2_100);
  busy.take(64 * KIB);
  open('late', 'a', 200);
  expect(dropped).toEqual(['idle']);
});

test('where the process is full everybody gives way who stands still, but not who has arrived', () => {
  const { dropped, open, pass } = room();
  open('arrived', 'a', 400).arrived();
  open('idle', 'b', 400);
  pass(2_100);
  open('large', 'c', 600, 'account');
  expect(dropped).toEqual(['idle']);
  expect(() => open('larger', 'd', 100)).toThrow('as many bytes');
});
