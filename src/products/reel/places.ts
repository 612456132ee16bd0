import { sha256 } from '#platform/kernel';
import { z } from 'zod';

/** A place in a list that is ordered by time: microseconds since 1970 (a Date would cut them off to milliseconds), and the id. */
export interface Place {
  readonly at: number;
  readonly id: string;
}

/** The microseconds of an instant in SQL, as a place has them. */
export const microsecondsOf = (instant: string) => `(extract(epoch from ${instant}) * 1000000)::bigint`;

/** The instant of such microseconds in SQL. */
export const instantOf = (microseconds: string) =>
  `(timestamptz 'epoch' + ${microseconds}::bigint * interval '1 microsecond')`;

/** What a cursor begins with: it belongs to one list with one set of filters, and elsewhere it means nothing. */
export function listName(list: string, filters: object): string {
  return sha256(
    JSON.stringify([list, Object.entries(filters).toSorted(([a], [b]) => (a < b ? -1 : 1))]),
  ).slice(0, 12);
}

export const at = z.int();
const position = (list: string) => z.tuple([z.literal(list), at, z.uuid()]);

/** How cursors of a list by time are written and read: `positionOf(cursor, of.schema)`. */
export function placesOf(list: string) {
  return {
    schema: position(list).transform(([, microseconds, id]): Place => ({ at: microseconds, id })),
    position: (place: Place) => [list, place.at, place.id],
  };
}

/** Puts values into a statement, each where it is named: `$2`. */
export function valuesOf(...first: readonly unknown[]) {
  const values = [...first];
  return { values, put: (value: unknown) => `$${values.push(value)}` };
}
