import type { Catalogue, LimitDeclaration } from '#platform/entitlements';
import { arrayOf, composite } from './batch.ts';

/** A feature as admission reads it: what it consumes, compiled from the product's catalogue. */
export interface CompiledFeature {
  /** The value of `limits.feature`. */
  readonly text: string;
  /** Whether a request must name what it is about: a limit counts by it. */
  readonly needsSubject: boolean;
}

/** A limit as the SQL functions know it (`limits.rule`). */
export interface Rule {
  readonly name: string;
  /** The declared kind; but `sliding` of a burst that slides. */
  readonly kind: string;
  /** `month`; `day@account` in the account's time zone. */
  readonly per: string | null;
  readonly by: string;
  /** For credits: how many percent of a window's rest are rolled over, and how many at most. */
  readonly share: number | null;
  readonly most: number | null;
}

export function ruleOf(name: string, declaration: LimitDeclaration): Rule {
  const { by } = declaration;
  const zone = 'zone' in declaration && declaration.zone !== undefined ? `@${declaration.zone}` : '';
  const per = 'per' in declaration ? `${declaration.per}${zone}` : null;
  const slides = declaration.kind === 'burst' && declaration.sliding === true;
  const rollover = declaration.kind === 'credits' ? declaration.rollover : undefined;
  const counted = declaration.kind === 'gauge' && declaration.unit === 'members';
  const rolled = { share: rollover?.percent ?? null, most: rollover?.most ?? null };
  return { name, kind: slides ? 'sliding' : counted ? 'members' : declaration.kind, per, by, ...rolled };
}

/** A limit whose use is asked for, as `limits.usage_of` and `limits.usage_here` read it. */
export function ruleJson(product: string, { name, kind, per, share, most }: Rule) {
  return { p: product, n: name, k: kind, w: per, s: share, m: most };
}

/** Kinds that count in one window of the account; the shortest way is for them. */
const BOUND: ReadonlySet<string> = new Set(['quota', 'burst', 'budget', 'failures']);
/** Micro-dollars a day of an account, where no setting says otherwise: 25 dollars. */
export const FAILURES = 25_000_000;
/** In the order in which admission has the present bounds. */
const BOUNDS = ['minute', 'hour', 'day', 'week', 'month'];

function ruleText({ name, kind, per, by, share, most }: Rule): string {
  const isPlain = by === 'account' && BOUND.has(kind);
  const bound = isPlain && per !== null ? BOUNDS.indexOf(per) + 1 : 0;
  return composite([name, kind, per, by, share, most, bound === 0 ? null : bound]);
}

/** The limit that every feature has: the cost of an account's failed calls in a day, which the operator pays. */
function failuresRule(most: number): string {
  return ruleText({ name: 'failures', kind: 'failures', per: 'day', by: 'account', share: null, most });
}

/** The features of a product by name; `failures` is in micro-dollars. */
export function compileFeatures(
  catalogue: Catalogue,
  failures: number,
): ReadonlyMap<string, CompiledFeature> {
  const compiled = new Map<string, CompiledFeature>();
  for (const [name, feature] of Object.entries(catalogue.features)) {
    const rules = feature.consumes.map((limit) => {
      const declaration = catalogue.limits[limit];
      if (declaration === undefined)
        throw new Error(`${catalogue.product}.${name} consumes an unknown limit: ${limit}`);
      return ruleOf(limit, declaration);
    });
    const requires = feature.requires ?? [];
    compiled.set(name, {
      needsSubject: rules.some(({ by }) => by === 'subject'),
      text: composite([
        requires.length === 0 ? null : arrayOf(requires),
        feature.longestSeconds,
        arrayOf([...rules.map(ruleText), failuresRule(failures)]),
        rules.some(({ kind }) => kind === 'concurrency'),
      ]),
    });
  }
  return compiled;
}

/** Finds a feature of the plans in effect, whether its product runs or not. */
export type FindFeature = (product: string, feature: string) => CompiledFeature | undefined;

/** Finds features among catalogues that are replaced while the process runs; each catalogue is compiled once. */
export function createFeatures(catalogues: readonly Catalogue[], failures: number): FindFeature {
  const compiled = new WeakMap<Catalogue, ReadonlyMap<string, CompiledFeature>>();
  return (product, feature) => {
    const catalogue = catalogues.find((one) => one.product === product);
    if (catalogue === undefined) return undefined;
    const features = compiled.get(catalogue) ?? compileFeatures(catalogue, failures);
    compiled.set(catalogue, features);
    return features.get(feature);
  };
}
