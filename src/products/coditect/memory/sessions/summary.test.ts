import { expect, test } from 'vitest';
import { drawEvenly } from './summary.ts';

test.each([0, 7, 10, 11, 1_000])('of %i things at most ten are drawn, evenly', (count) => {
  const { add, drawn } = drawEvenly<number>(10);
  for (let n = 0; n < count; n += 1) {
    add(() => n);
    expect(drawn().length).toBeLessThanOrEqual(10);
  }
  const [first = 0, second = 1] = drawn();
  const step = second - first;
  expect(drawn()).toEqual(Array.from({ length: Math.ceil(count / step) }, (_, place) => place * step));
  expect(drawn().length).toBeGreaterThanOrEqual(Math.min(count, 5));
});
