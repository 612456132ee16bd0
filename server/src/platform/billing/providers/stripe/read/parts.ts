import { z } from 'zod';
import { type Cycle, cycleOfLength } from '../../../cycles.ts';
import type { ObjectKind, ObjectRef } from '../../../facts.ts';
import type { Charged } from '../product-ids.ts';

/** Another object, expanded or not; by its id. */
export const reference = z
  .union([z.string(), z.object({ id: z.string() })])
  .nullish()
  .transform((named) => (typeof named === 'object' ? (named?.id ?? null) : (named ?? null)));

/** Seconds since 1970. */
export const instant = z.number().transform((seconds) => new Date(seconds * 1_000));

/** A decimal number, which Stripe writes as text. */
export const decimal = z.union([z.string(), z.number()]).transform(Number);

export const price = z.object({
  id: z.string(),
  product: reference,
  type: z.string(),
  lookup_key: z.string().nullish(),
  unit_amount: z.number().nullish(),
  unit_amount_decimal: decimal.nullish(),
  recurring: z
    .object({
      interval: z.enum(['day', 'week', 'month', 'year']),
      interval_count: z.int().min(1).default(1),
      usage_type: z.string(),
    })
    .nullish(),
});
export type Price = z.infer<typeof price>;

export function chargedBy({ type, recurring }: Price): Charged {
  if (type === 'one_time') return 'one_time';
  return recurring?.usage_type === 'metered' ? 'metered' : 'recurring';
}

/** Prices of ours are by the month or by the year (`plinth stripe sync` makes no others); an operator may have made one by the quarter. */
export function cycleOf({ recurring }: Price): Cycle {
  return cycleOfLength(recurring?.interval ?? 'month', recurring?.interval_count ?? 1);
}

/** Minor units; of units that cost less than one, rounded. */
export function unitAmountOf({ unit_amount, unit_amount_decimal }: Price): number {
  return unit_amount ?? Math.round(unit_amount_decimal ?? 0);
}

/** The objects of these ids, where there is one. */
export function idsOf(named: Partial<Readonly<Record<ObjectKind, string | null>>>): ObjectRef[] {
  const kinds: ObjectKind[] = ['customer', 'subscription', 'invoice', 'payment', 'checkout'];
  return kinds.flatMap((kind) => {
    const id = named[kind];
    return id === undefined || id === null ? [] : [{ kind, id }];
  });
}

export function sumOf(amounts: readonly { readonly amount: number }[] | null | undefined): number {
  return (amounts ?? []).reduce((sum, { amount }) => sum + amount, 0);
}
