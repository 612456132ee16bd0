import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { page, pageQuery, positionOf } from './index.ts';

const position = z.tuple([z.number(), z.string()]);
const as = {
  item: ({ id }: { at: number; id: string }) => id,
  position: ({ at, id }: { at: number; id: string }) => [at, id],
};

test('pages of any size hold every row once, in order', () => {
  const ids = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 40 });
  fc.assert(
    fc.property(ids, fc.integer({ min: 1, max: 7 }), (names, limit) => {
      const rows = names.map((id, at) => ({ at, id }));
      const seen: string[] = [];
      let after = -1;
      for (;;) {
        const found = rows.filter(({ at }) => at > after).slice(0, limit + 1);
        const { data, next_cursor: cursor } = page(found, limit, as);
        seen.push(...data);
        if (cursor === null) break;
        [after] = positionOf(cursor, position);
      }
      expect(seen).toEqual(names);
    }),
  );
});

test('a last page that is full says that it is the last', () => {
  expect(page([{ at: 1, id: 'a' }], 1, as)).toEqual({ data: ['a'], next_cursor: null });
});

test('whatever is no cursor of this list is refused with 400, and never breaks anything', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const made = Buffer.from(text).toString('base64url');
      const ofAnother = Buffer.from(JSON.stringify({ text })).toString('base64url');
      for (const cursor of [text, made, ofAnother])
        expect(() => positionOf(cursor, position)).toThrow('The cursor is not one');
    }),
  );
});

test.each(['0', '101', '-1', '1.5', 'ten', ''])('a page of %o entries is refused', (limit) => {
  expect(z.strictObject(pageQuery).safeParse({ limit }).success).toBe(false);
});
