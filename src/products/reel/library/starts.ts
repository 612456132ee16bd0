import { cursorOf, positionOf } from '#platform/http';
import { z } from 'zod';
import { listName, microseconds, type TimePosition } from '#platform/product';
import type { Ranked } from './blocks.ts';
import type { AssetFilters, Stretch } from './store.ts';

/** Where a page of ranked results begins: in a block, and there after one of its matches if others were shown before. */
export interface Start extends Stretch {
  readonly after: Ranked | undefined;
}

export const BEGINNING: Start = { from: undefined, until: undefined, after: undefined };

const position = z.tuple([microseconds, z.uuid()]).nullable();
const rank = z.tuple([z.number(), z.uuid()]).nullable();

/** Reads the start out of a cursor that was given out for these filters; 400 for any other. */
export function startOf(filters: AssetFilters, cursor: string | undefined): Start {
  if (cursor === undefined) return BEGINNING;
  const [, from, until, after] = positionOf(
    cursor,
    z.tuple([z.literal(listName('search', filters)), position, position, rank]),
  );
  return {
    from: positionIn(from),
    until: positionIn(until),
    after: after === null ? undefined : { rank: after[0], id: after[1] },
  };
}

export function cursorAt(filters: AssetFilters, { from, until, after }: Start): string {
  return cursorOf([
    listName('search', filters),
    from === undefined ? null : [from.at, from.id],
    until === undefined ? null : [until.at, until.id],
    after === undefined ? null : [after.rank, after.id],
  ]);
}

function positionIn(pair: readonly [number, string] | null): TimePosition | undefined {
  return pair === null ? undefined : { at: pair[0], id: pair[1] };
}
