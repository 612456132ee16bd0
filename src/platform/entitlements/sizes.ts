import { type Grants, type Plan, UNLIMITED } from './catalogue.ts';

/**
 * What a plan grants whoever holds so many seats of it: of limits that are sold by the seat, that many times their size.
 * A size without a cap stays one, and so does what would pass the largest whole number.
 */
export function grantsFor({ grants, perSeat }: Plan, seats: number): Grants {
  if (perSeat === undefined || seats === 1) return grants;
  const multiplied = perSeat.map((limit) => [limit, Math.min(Number(grants[limit]) * seats, UNLIMITED)]);
  return { ...grants, ...Object.fromEntries(multiplied) };
}
