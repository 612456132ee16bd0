import { minorDigits } from '#platform/kernel';
import { z } from 'zod';

/** As Google writes an amount: whole units, and billionths of one. */
export const money = z.object({
  currencyCode: z.string().regex(/^[A-Z]{3}$/),
  units: z
    .string()
    .regex(/^-?\d{1,15}$/)
    .default('0'),
  nanos: z.number().int().default(0),
});
export type Money = z.infer<typeof money>;

const NANOS = 1_000_000_000;

/** In the minor unit of its currency: cents, yen, or thousandths of a dinar. */
export function minorUnits({ currencyCode, units, nanos }: Money): number {
  const digits = minorDigits(currencyCode.toLowerCase());
  return Number(units) * 10 ** digits + Math.round((nanos * 10 ** digits) / NANOS);
}
