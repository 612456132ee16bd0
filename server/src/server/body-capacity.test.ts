import { expect, test } from 'vitest';
import { createBodyCapacity } from './body-capacity.ts';

const KIB = 1_024;
/** Overhead bytes of each piece. */
const PER_PIECE = 128;

/** Room for so many KiB, half of them for an address. */
function room(all = 1_000) {
  let now = 0;
  const dropped: string[] = [];
  const capacity = createBodyCapacity({ process: all * KIB, account: all * KIB }, { monotonic: () => now });
  const open = (
    name: string,
    kib: number,
    { address = 'a', account }: { address?: string; account?: string } = {},
  ) => {
    const place = capacity.open({ account, address });
    place.waits(() => void dropped.push(name));
    place.take(kib * KIB - PER_PIECE);
    return place;
  };
  return { dropped, open, pass: (ms: number) => (now += ms) };
}

test('a body that stands still gives way to one of its address, and one that comes does not', () => {
  const { dropped, open, pass } = room();
  open('idle', 300);
  const busy = open('busy', 100);
  open('elsewhere', 300, { address: 'b' });
  expect(() => open('early', 200)).toThrow('as many bytes');
  pass(2_100);
  busy.take(64 * KIB);
  open('late', 200);
  expect(dropped).toEqual(['idle']);
});

test('where the process is full everybody gives way who stands still, but not who has arrived', () => {
  const { dropped, open, pass } = room();
  open('arrived', 400).settle();
  open('idle', 400, { address: 'b' });
  pass(2_100);
  open('large', 400, { address: 'c', account: 'somebody' });
  expect(dropped).toEqual(['idle']);
  expect(() => open('larger', 100, { address: 'd' })).toThrow('as many bytes');
});

test('the last eighth is for small calls', () => {
  const { open } = room();
  open('large', 400, { account: 'a' });
  open('large too', 400, { address: 'b', account: 'b' });
  expect(() => open('a third', 100, { address: 'c', account: 'c' })).toThrow('as many bytes');
  open('small', 60, { address: 'c' });
});

test('a body that holds much and moves on by a trickle gives way', () => {
  const { dropped, open, pass } = room(10_000);
  const trickle = open('trickle', 5_000, { account: 'a' });
  const steady = open('steady', 3_000, { address: 'b', account: 'b' });
  pass(2_100);
  trickle.moved(64 * KIB);
  steady.moved(64 * KIB);
  open('next', 3_000, { address: 'c', account: 'c' });
  expect(dropped).toEqual(['trickle']);
});

test('bytes after the end of their call take no room', () => {
  const { open } = room();
  const over = open('over', 100);
  over.free();
  over.take(400 * KIB);
  over.waits(() => {});
  open('whole', 60).take(400 * KIB);
});
