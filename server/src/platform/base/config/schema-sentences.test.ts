import { expect, test } from 'vitest';
import { z } from 'zod';
import './index.ts';

const sentences = (schema: z.ZodType, value: unknown) =>
  schema.safeParse(value).error?.issues.map(({ path, message }) => [...path, message].join(' '));

test.each<[z.ZodType, unknown, string]>([
  [z.string(), undefined, 'is required'],
  [z.string(), 5, 'must be a string, not a number'],
  [z.string(), null, 'must be a string, not null'],
  [z.number(), Number.NaN, 'must be a number'],
  [z.int(), 1.5, 'must be a whole number'],
  [z.int(), 'x', 'must be a number, not a string'],
  [z.array(z.string()), {}, 'must be a list, not an object'],
  [z.number().min(1), 0, 'must be at least 1'],
  [z.number().positive(), 0, 'must be more than 0'],
  [z.number().max(9), 10, 'must be at most 9'],
  [z.number().multipleOf(5), 3, 'must be a multiple of 5'],
  [z.string().min(1), '', 'must not be empty'],
  [z.string().max(2), 'abc', 'must have at most 2 characters'],
  [z.string().length(2), 'abc', 'must have exactly 2 characters'],
  [z.array(z.string()).max(1), ['a', 'b'], 'must have at most 1 item'],
  [z.date().max(new Date(0)), new Date(), 'must be at most 1970-01-01T00:00:00.000Z'],
  [z.iso.datetime(), 'tomorrow', 'must be a date and a time such as 2026-01-31T12:00:00Z'],
  [z.uuid(), 'x', 'must be a UUID'],
  [z.string().regex(/^a$/), 'b', 'must match /^a$/'],
  [z.string().startsWith('a'), 'b', 'must begin with "a"'],
  [z.enum(['a', 'b']), 'c', 'must be one of "a", "b"'],
  [z.literal('a'), 'c', 'must be "a"'],
  [z.strictObject({}), { x: 1 }, 'has what is not known here: "x"'],
  [z.object({ a: z.never().optional() }), { a: 1 }, 'a must be left out'],
  [z.union([z.string(), z.number()]), null, 'must be a string or a number'],
  [z.union([z.string(), z.object({ b: z.string() })]), { b: 1 }, 'has none of the forms that are taken'],
  [
    z.discriminatedUnion('k', [z.object({ k: z.literal('a') }), z.object({ k: z.literal('b') })]),
    { k: 'c' },
    'k must be one of "a", "b"',
  ],
  [z.string().refine(() => false), 'x', 'is not right'],
  [z.string().refine(() => false, { error: 'is no name' }), 'x', 'is no name'],
])('a fault is told in words: %#', (schema, value, sentence) => {
  expect(sentences(schema, value)).toEqual([sentence]);
});
