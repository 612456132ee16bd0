import {
  type AddOn,
  type Catalogue,
  checkCatalogue,
  type Feature,
  type LimitDeclaration,
  type OptionKind,
  type PlainDeclaration,
  type Plan,
} from '#platform/entitlements';
import { micros } from '#platform/kernel';
import { parsePlans, type Path, type PlanProblem } from './document.ts';
import { readLimit } from './read-limit.ts';
import { readAddOnPrice, readOverage, readPlanPrice } from './read-price.ts';
import { type Entries, nameOf, PlansReader } from './reader.ts';

const PRODUCT = [
  'name',
  'holds',
  'currency',
  'limits',
  'options',
  'features',
  'plans',
  'add_ons',
  'default_plan',
] as const;
const FEATURE = ['consumes', 'requires', 'reserve', 'longest_seconds', 'outside'] as const;
const PLAN = [
  'name',
  'rank',
  'price',
  'grants',
  'trial_days',
  'trial_needs_card',
  'per_seat',
  'overage',
  'hidden',
] as const;
const ADD_ON = ['name', 'price', 'days', 'lifts'] as const;
const PACK = ['name', 'price', 'credits', 'limit', 'months'] as const;

/** A use that says no longer time is over after ten minutes. */
const LONGEST_SECONDS = 600;

/** The products of a plans file, and every mistake in it; with one, nothing of it may be put into effect. */
export interface ReadPlans {
  readonly catalogues: readonly Catalogue[];
  readonly problems: readonly PlanProblem[];
}

/**
 * Reads a plans file. `inSource` are the keys of products that are code, and can not be of a file too. A stored one may have no product:
 * that was allowed once.
 */
export function readPlans(
  text: string,
  inSource: Iterable<string> = [],
  { isStored = false } = {},
): ReadPlans {
  const document = parsePlans(text);
  const reader = new PlansReader(document);
  if (reader.problems.length > 0) return { catalogues: [], problems: reader.problems };
  const top = reader.fields(document.value ?? {}, [], ['products']);
  if (reader.problems.length > 0) return { catalogues: [], problems: reader.problems };
  const products = reader.map(top['products'], ['products'], { needed: true, what: 'a map of products' });
  if (!isStored && products !== undefined && Object.keys(products).length === 0)
    reader.fail(
      ['products'],
      'products has none: write one. To sell a plan no more, write "hidden: true" in it.',
    );
  const taken = new Set(inSource);
  const catalogues = Object.entries(products ?? {}).flatMap(([key, value]) => {
    const path = ['products', key];
    if (taken.has(key)) {
      reader.fail(path, `"${key}" is a product in source here: give this one another name.`);
      return [];
    }
    const before = reader.problems.length;
    const declaration = readProduct(reader, key, value);
    // Its parts can not be held against each other while one of them is not read.
    if (reader.problems.length > before) return [];
    const { catalogue, problems } = checkCatalogue(declaration);
    for (const says of problems)
      reader.fail([...path, ...placeIn(key, value as Entries, says)], sentence(says));
    return [catalogue];
  });
  const problems = reader.problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return { catalogues, problems };
}

/** `line 12, column 5: plan pro: forgets calls.` */
export const describeProblem = ({ line, column, says }: PlanProblem): string =>
  `line ${line}, column ${column}: ${says}`;

function readProduct(reader: PlansReader, key: string, value: unknown): PlainDeclaration {
  const path = ['products', key];
  const of = reader.fields(value, path, PRODUCT);
  const at = (part: string) => [...path, part];
  const each = <Read>(part: string, read: (value: unknown, path: Path, index: number) => Read | undefined) =>
    entriesOf(reader.map(of[part], at(part)), at(part), read);
  const currency = reader.text(of['currency'], at('currency'), 'usd').toLowerCase();
  if (!/^[a-z]{3}$/.test(currency)) reader.fail(at('currency'), 'currency must be one of ISO 4217, as eur.');
  const limits = each('limits', (limit, place) => readLimit(reader, limit, place));
  const options = each('options', (option, place): OptionKind | undefined =>
    reader.choice(option, place, { of: ['number', 'boolean'] }),
  );
  const known = { currency: currency.length === 3 ? currency : 'usd', limits, options };
  const defaultPlan = of['default_plan'];
  return {
    key,
    name: reader.text(of['name'], at('name'), titleOf(key)),
    holds: reader.choice(of['holds'], at('holds'), { of: HOLDS, otherwise: 'both' }) ?? 'both',
    limits,
    options,
    features: each('features', (feature, place) => readFeature(reader, feature, place)),
    plans: each('plans', (plan, place, index) => readPlan(reader, plan, { ...known, path: place, index })),
    addOns: each('add_ons', (addOn, place) => readAddOn(reader, addOn, { ...known, path: place })),
    ...(defaultPlan === undefined ? {} : { defaultPlan: reader.text(defaultPlan, at('default_plan'), '') }),
  };
}

const HOLDS = ['personal', 'organization', 'both'] as const;

function entriesOf<Read>(
  map: Entries | undefined,
  path: Path,
  read: (value: unknown, path: Path, index: number) => Read | undefined,
): Readonly<Record<string, Read>> {
  return Object.fromEntries(
    Object.entries(map ?? {}).flatMap(([name, value], index) => {
      const made = read(value, [...path, name], index);
      return made === undefined ? [] : [[name, made]];
    }),
  );
}

function readFeature(reader: PlansReader, value: unknown, path: Path): Feature {
  const of = reader.fields(value, path, FEATURE);
  const { reserve, longest_seconds: longest } = of;
  const requires = reader.names(of['requires'], [...path, 'requires']);
  const outside = { of: ['operator', 'account'], otherwise: 'operator' } as const;
  return {
    consumes: reader.names(of['consumes'], [...path, 'consumes']),
    ...(requires.length === 0 ? {} : { requires }),
    reserve: (reserve === undefined ? undefined : reader.dollars(reserve, [...path, 'reserve'])) ?? micros(0),
    longestSeconds:
      longest === undefined
        ? LONGEST_SECONDS
        : (reader.whole(longest, [...path, 'longest_seconds'], 1) ?? LONGEST_SECONDS),
    outside: reader.choice(of['outside'], [...path, 'outside'], outside) ?? 'operator',
  };
}

interface PlanContext {
  readonly path: Path;
  readonly currency: string;
  readonly limits: Readonly<Record<string, LimitDeclaration>>;
  readonly options: Readonly<Record<string, OptionKind>>;
}

function readPlan(
  reader: PlansReader,
  value: unknown,
  { path, index, currency, limits, options }: PlanContext & { readonly index: number },
): Plan {
  const of = reader.fields(value, path, PLAN);
  const at = (part: string) => [...path, part];
  const { rank, trial_days: trial, trial_needs_card: needsCard, hidden } = of;
  const perSeat = reader.names(of['per_seat'], at('per_seat'));
  const overage = readOverage(reader, of['overage'], { path: at('overage'), currency });
  if (hidden !== undefined && typeof hidden !== 'boolean')
    reader.fail(at('hidden'), 'hidden must be true or false.');
  if (needsCard !== undefined && typeof needsCard !== 'boolean')
    reader.fail(at('trial_needs_card'), 'trial_needs_card must be true or false.');
  return {
    name: reader.text(of['name'], at('name'), titleOf(String(path.at(-1)))),
    rank: rank === undefined ? index : (reader.whole(rank, at('rank')) ?? index),
    price: readPlanPrice(reader, of['price'], { path: at('price'), currency }),
    grants: entriesOf(
      reader.map(of['grants'], at('grants'), { needed: true, what: 'a map of limits and options' }),
      at('grants'),
      (grant, place) =>
        typeof grant === 'boolean'
          ? grant
          : grantOf(reader, grant, { path: place, kind: limits[String(place.at(-1))]?.kind, options }),
    ),
    ...(trial === undefined ? {} : { trialDays: reader.whole(trial, at('trial_days'), 1) ?? 1 }),
    ...(typeof needsCard === 'boolean' ? { trialNeedsCard: needsCard } : {}),
    ...(perSeat.length === 0 ? {} : { perSeat }),
    ...(overage.length === 0 ? {} : { overage }),
    ...(hidden === true ? { hidden: true } : {}),
  };
}

function grantOf(
  reader: PlansReader,
  value: unknown,
  { path, kind, options }: Pick<PlanContext, 'path' | 'options'> & { readonly kind: string | undefined },
): number | undefined {
  if (options[String(path.at(-1))] === 'boolean')
    return reader.fail(path, `${nameOf(path)} must be true or false.`);
  return reader.size(value, path, kind === 'budget');
}

function readAddOn(
  reader: PlansReader,
  value: unknown,
  { path, currency }: Omit<PlanContext, 'limits' | 'options'>,
): AddOn {
  const isPack = typeof value === 'object' && value !== null && Object.hasOwn(value, 'credits');
  const of: Entries = reader.fields(value, path, isPack ? PACK : ADD_ON);
  const at = (field: string) => [...path, field];
  const whole = (field: string) => reader.whole(of[field], at(field), 1) ?? 1;
  const sold = {
    name: reader.text(of['name'], at('name'), titleOf(String(path.at(-1)))),
    price: readAddOnPrice(reader, of['price'], { path: at('price'), currency }),
  };
  if (!isPack) return { ...sold, days: whole('days'), lifts: reader.text(of['lifts'], at('lifts'), '') };
  const limit = reader.text(of['limit'], at('limit'), '');
  return { ...sold, limit, credits: whole('credits'), months: whole('months') };
}

/** `ai_notes` as people read it: `Ai notes`. */
const titleOf = (key: string): string => key.charAt(0).toUpperCase() + key.slice(1).replaceAll('_', ' ');

const PARTS: Readonly<Record<string, string>> = {
  plan: 'plans',
  limit: 'limits',
  feature: 'features',
  'add-on': 'add_ons',
};

/** Fields of a plan that sentences about it mean without naming them. */
const MEANT: readonly (readonly [RegExp, string])[] = [
  [/cost more|a year costs|sold by the year|its price/, 'price'],
  [/needs a card/, 'trial_needs_card'],
  [/trial/, 'trial_days'],
  [/by the seat/, 'per_seat'],
  [/may be passed|past/, 'overage'],
];

/** The place in the product of a key that a problem of its catalogue is about: the deepest key that its sentence names. */
function placeIn(key: string, product: Entries, says: string): string[] {
  if (says.startsWith('the default plan')) return ['default_plan'];
  const [, , higher] = /^plans ([\w-]+) and ([\w-]+) have the same rank/.exec(says) ?? [];
  if (higher !== undefined) return ['plans', higher];
  const [, part = '', name = ''] = /^(plan|limit|feature|add-on) ([\w-]+)/.exec(says) ?? [];
  const base = PARTS[part] === undefined ? [] : [PARTS[part], name];
  const within = base.reduce<unknown>((value, field) => (value as Entries | undefined)?.[field], product);
  const rest = base.length === 0 ? says : says.slice(part.length + name.length + 1);
  const meant = MEANT.find(([pattern]) => pattern.test(rest))?.[1];
  if (part === 'plan' && meant !== undefined) return [...base, meant];
  const words = rest.match(/[\w-]+/g) ?? [];
  for (const word of words) {
    if (word === key) return [];
    const found = keyWithin(within, word);
    if (found !== undefined) return [...base, ...found];
  }
  return base;
}

function keyWithin(value: unknown, word: string): string[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (Object.hasOwn(value, word)) return [word];
  for (const [key, inner] of Object.entries(value)) {
    const found = keyWithin(inner, word);
    if (found !== undefined) return [key, ...found];
  }
  return undefined;
}

const sentence = (says: string): string => `${says.charAt(0).toUpperCase()}${says.slice(1)}.`;
