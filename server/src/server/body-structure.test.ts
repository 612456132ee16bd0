import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPartCounter } from './body-structure.ts';

/** How many commas, colons and opening brackets a value has as JSON. */
function partsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value);
  const own = 1 + Math.max(0, inner.length - 1) + (Array.isArray(value) ? 0 : inner.length);
  return inner.reduce<number>((sum, one) => sum + partsOf(one), own);
}

/** Long strings with quotes and backslashes too. */
const text = fc.array(fc.constantFrom('"', '\\\\', ',', 'some words, and more: [', ' '), { maxLength: 40 });
const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.array(
    fc.dictionary(
      fc.string(),
      text.map((words) => words.join('')),
      { maxKeys: 3 },
    ),
    { maxLength: 4 },
  ),
);

test('the parts of JSON are counted, wherever it is cut, and nothing within its strings', () => {
  fc.assert(
    fc.property(
      anyValue,
      fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 8, max: 300 })),
      (value, length) => {
        const bytes = Buffer.from(JSON.stringify(value));
        const pastAfter = (most: number) => {
          const counter = createPartCounter(most);
          let isPast = false;
          for (let at = 0; at < bytes.length; at += length)
            isPast = counter.isPast(bytes.subarray(at, at + length));
          return isPast;
        };
        const parts = partsOf(value);
        expect([pastAfter(parts), pastAfter(parts - 1)]).toEqual([false, true]);
      },
    ),
  );
});
