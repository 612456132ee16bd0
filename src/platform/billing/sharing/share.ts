/** What is known of a sale, in minor units: what was paid with tax, the tax in it, and what has gone back. */
export type SaleSums = Readonly<Record<'paid' | 'tax' | 'refunded' | 'disputed', number>>;

/** The total that is shared, and the payee's part of it. */
export type Shared = Readonly<Record<'total' | 'share', number>>;

/**
 * What is shared of a sale now: what was paid, less what went back, less the tax in the rest. The payee's part is
 * floor(total × points / 10,000); the platform has the rest of the total. A row of shares is the difference to what the
 * rows before it add up to: so pieces of a refund take exactly what one refund takes.
 */
export function sharedOf({ paid, tax, refunded, disputed }: SaleSums, points: number): Shared {
  const left = Math.max(0, paid - refunded - disputed);
  if (left === 0) return { total: 0, share: 0 };
  const total = (BigInt(left) * BigInt(paid - tax)) / BigInt(paid);
  return { total: Number(total), share: Number((total * BigInt(points)) / 10_000n) };
}
