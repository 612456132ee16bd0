/**
 * The sums of a sale, in minor units: the payment with tax, the tax in it, refunds and disputes of its own money or of that behind its
 * credit, and the credit that no money backs.
 */
export type SaleSums = Readonly<Record<'paid' | 'tax' | 'refunded' | 'disputed' | 'gift', number>>;

/** The total that is shared, and the payee's part of it. */
export type Shared = Readonly<Record<'total' | 'share', number>>;

/**
 * The shared part of a sale now: the money that came in and stayed, less the tax in it. The payee's part is
 * floor(total × points / 10,000); the platform has the rest of the total. A row of shares is the difference to what the
 * rows before it add up to: so pieces of a refund take exactly what one refund takes.
 */
export function sharedOf({ paid, tax, refunded, disputed, gift }: SaleSums, points: number): Shared {
  const left = Math.max(0, paid - refunded - disputed - gift);
  if (left === 0) return { total: 0, share: 0 };
  const total = (BigInt(left) * BigInt(paid - tax)) / BigInt(paid);
  return { total: Number(total), share: Number((total * BigInt(points)) / 10_000n) };
}
