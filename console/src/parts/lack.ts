import { LimitExceeded, type PackOffer, PlinthError } from '@plinth/sdk/errors';
import { usePriceList } from './price-list.ts';

/** A grant or limit that a call lacked, and that another plan, or some time, would give. */
export interface Lack {
  /** The limit or other grant; null: there is no plan at all. */
  readonly name: string | null;
  /** undefined: a grant that is no limit. */
  readonly used: number | undefined;
  readonly max: number | undefined;
  readonly needed: number | undefined;
  /** The time at which the limit opens by itself; null: it does not, or the API does not say. */
  readonly opens: string | null;
  /** The plan that would admit it, `product.plan`. */
  readonly upgrade: string | null;
  /** The pack of credits that would admit it. */
  readonly pack: PackOffer | null;
  readonly product: string | undefined;
  readonly plan: string | undefined;
  /** It was denied before it began: a call that failed in its middle may have cost something. */
  readonly isFree: boolean;
}

const NUMBERS = ['used', 'max', 'needed'] as const;
const WORDS = ['product', 'plan', 'resets_at', 'upgrade'] as const;

/** Reads the details of a denial (docs/limits.md); undefined: it is another error. */
export function lackOf(error: Error): Lack | undefined {
  if (!(error instanceof PlinthError)) return undefined;
  const { code, details, status } = error;
  if (code !== 'limit_exceeded' && code !== 'plan_required') return undefined;
  const name = details[code === 'limit_exceeded' ? 'limit' : 'grant'];
  if (name !== null && typeof name !== 'string') return undefined;
  const [used, max, needed] = NUMBERS.map((key) =>
    typeof details[key] === 'number' ? details[key] : undefined,
  );
  const [product, plan, resetsAt, upgrade = null] = WORDS.map((key) =>
    typeof details[key] === 'string' ? details[key] : undefined,
  );
  return {
    name,
    used,
    max,
    needed,
    opens: resetsAt ?? null,
    upgrade,
    pack: error instanceof LimitExceeded ? error.pack : null,
    product,
    plan,
    isFree: status >= 400,
  };
}

/** Finds it in the price list: its kind, and the amounts of the present plan and the next one. */
export function useLackOnSale({ name, upgrade, product, plan }: Lack) {
  const { data } = usePriceList();
  if (data === undefined) return undefined;
  const sold = data.data.find(({ id }) => id === upgrade);
  const of = sold?.product ?? product;
  // A limit is denied without its product's name: one of the same name is of the same kind.
  const grants = of === undefined ? Object.values(data.comparison).flat() : (data.comparison[of] ?? []);
  const grant = grants.find((one) => one.name === name);
  return { grant, sold, isSold: data.sold, has: plan === undefined ? undefined : grant?.plans[plan] };
}
