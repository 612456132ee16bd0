import canonicalize from 'canonicalize';
import { type Catalogue, isPack } from '#platform/entitlements';
import { planValueText } from './plan-value-text.ts';

/** A value of a product that two versions have otherwise. */
export interface PlanChange {
  readonly product: string;
  /** `plans.pro.grants.calls`; empty: the whole product. */
  readonly path: string;
  /** null: it is not there. */
  readonly before: unknown;
  readonly after: unknown;
  /** Both values as people read them: `$4.99 -> $5.99`. */
  readonly text: string;
}

type Change = Omit<PlanChange, 'product' | 'text'>;

/** Differences between the catalogues of two versions, in the order of the later one. */
export function comparePlans(before: readonly Catalogue[], after: readonly Catalogue[]): PlanChange[] {
  const keys = new Set([...after, ...before].map(({ product }) => product));
  return [...keys].flatMap((product) => {
    const [old, next] = [before, after].map((all) => all.find((one) => one.product === product));
    if (old === undefined || next === undefined)
      return [{ product, ...textOf({ path: '', before: old?.name ?? null, after: next?.name ?? null }) }];
    return changesOf(old, next, []).map((change) => ({ product, ...textOf(change, old, next) }));
  });
}

function textOf(change: Change, old?: Catalogue, next?: Catalogue) {
  const { path, before, after } = change;
  const all = path.split('.');
  return { ...change, text: `${planValueText(old, all, before)} -> ${planValueText(next, all, after)}` };
}

function changesOf(before: unknown, after: unknown, path: readonly string[]): Change[] {
  // The database keeps the keys of what was sold in an order of its own.
  if (canonicalize(before) === canonicalize(after)) return [];
  const isWhole = path.length === 2 && (before === undefined || after === undefined);
  if (isWhole || !isMap(before) || !isMap(after))
    return [{ path: path.join('.'), before: before ?? null, after: after ?? null }];
  const keys = new Set([...Object.keys(after), ...Object.keys(before)]);
  return [...keys].flatMap((key) => changesOf(before[key], after[key], [...path, key]));
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Names that mean something else than before. A limit: what was used of it would be forgotten, or counted as something else.
 * A feature: a process has its rules and an account its sizes, which pass to a new version one after the other; with the same rules in
 * both, every decision is by one version whole (docs/decisions/0143). An add-on: those that were bought would become the other kind.
 */
export function reusedNames(before: readonly Catalogue[], after: readonly Catalogue[]): string[] {
  return after.flatMap(({ product, limits, features, addOns }) => {
    const old = before.find((one) => one.product === product);
    if (old === undefined) return [];
    return [
      ...namesOf(old.limits, limits, countingOf).map(
        (name) => `The limit ${name} of ${product} counts otherwise than before: give it another name.`,
      ),
      ...namesOf(old.features, features, rulesOf).map(
        (name) =>
          `The feature ${name} of ${product} consumes or requires something else than before: give it another name.`,
      ),
      ...namesOf(old.addOns, addOns, (addOn) => (isPack(addOn) ? 'pack' : 'boost')).map(
        (name) =>
          `The add-on ${name} of ${product} was not both before and now a pack of credits: give it another name.`,
      ),
    ];
  });
}

/** Names that both have, with another meaning. */
function namesOf<Value>(
  before: Readonly<Record<string, Value>>,
  after: Readonly<Record<string, Value>>,
  meaningOf: (value: Value) => string,
): string[] {
  return Object.entries(after).flatMap(([name, value]) => {
    const former = Object.hasOwn(before, name) ? before[name] : undefined;
    return former === undefined || meaningOf(former) === meaningOf(value) ? [] : [name];
  });
}

const rulesOf = ({ consumes, requires = [] }: Catalogue['features'][string]): string =>
  JSON.stringify([[...consumes].sort(), [...requires].sort()]);

/** How a limit counts, without what is rolled over. */
function countingOf(limit: Catalogue['limits'][string]): string {
  const fields = Object.entries(limit).filter(([field]) => field !== 'rollover');
  return JSON.stringify(fields.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
