import { AppError } from '#platform/kernel';
import { z } from 'zod';
import { namedAfter } from './named-object.ts';
import { wholeNumber } from './whole-number.ts';

/** A page as every list answers it. */
export interface Page<Item> {
  readonly data: Item[];
  /** Where the next page starts; null on the last one. */
  readonly next_cursor: string | null;
}

/** A position has names of 200 characters, each of up to four bytes. */
const LONGEST_CURSOR = 2_048;

/** The query of a list: spread it into the route's `query` object. */
export const pageQuery = {
  limit: wholeNumber(1, 100).default(20).describe('How many entries a page holds.'),
  cursor: z.string().min(1).max(LONGEST_CURSOR).optional().describe('The `next_cursor` of the page before.'),
};

/** The reply schema of a list; a page of a named schema `Job` is `JobPage`. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  const schema = z.strictObject({ data: z.array(item), next_cursor: z.string().nullable() });
  return namedAfter(item, 'Page', schema);
}

/**
 * Cuts a page out of the rows of a query that asked for `limit + 1` of them: the extra row only tells that there is
 * more. `position` names the row's place in the sort, which must be unique (end it with the id), so that a row
 * that is inserted meanwhile shifts nothing.
 */
export function page<Row, Item>(
  rows: readonly Row[],
  limit: number,
  as: {
    readonly item: (row: Row) => Item;
    readonly position: (row: Row) => readonly (string | number | null)[];
  },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { data: shown.map(as.item), next_cursor: more ? cursorOf(as.position(last)) : null };
}

/** Reads a cursor back into the position that it was made from; anything that is not one of ours is 400. */
export function positionOf<Position extends z.ZodType>(
  cursor: string,
  position: Position,
): z.infer<Position> {
  const parsed = position.safeParse(decode(cursor));
  if (!parsed.success) throw badCursor();
  return parsed.data;
}

/** The cursor of a position, for lists that know by themselves where they go on; `positionOf` reads it back. */
export function cursorOf(position: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function decode(cursor: string): unknown {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  // No text of ours has a NUL, and PostgreSQL takes none.
  if (text.includes(String.raw`\u0000`)) throw badCursor();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badCursor(cause);
  }
}

/** A cursor that this list has not given out. */
export function badCursor(cause?: unknown): AppError {
  return new AppError('validation_failed', {
    message: 'The cursor is not one that this list has given out.',
    details: { issues: [{ path: 'query.cursor', message: 'not a cursor of this list' }] },
    cause,
  });
}
