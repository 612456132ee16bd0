import { citedItems } from './cited-items.ts';
import { LEAST_TIME } from './dates.ts';
import { Effort, stepsOf, UnfillableSchema } from './effort.ts';
import { type JsonObject, isObject, ownProperty, ownList, ownNumber, ownObject } from './json.ts';
import type { Author } from './posts.ts';
import { allowsNull, mergeSchemas, resolveSchema, stepsFor, typesOf } from './schema.ts';
import { fillString, type Place } from './strings.ts';
import { labelKey, nameWords } from './words.ts';

interface FillContext {
  readonly author: Author;
  readonly root: JsonObject;
  readonly effort: Effort;
  values: number;
}

// Past these the answer stays as small as the schema allows, and past those it is refused: a recursive schema
// ends at its first way out, and nested arrays cannot multiply without end.
const LEAN_DEPTH = 8;
const LEAN_VALUES = 1_000;
const MOST_DEPTH = 100;
const MOST_VALUES = 5_000;
const CHARACTERS_LIKE_A_VALUE = 200;
const USUAL_ITEMS = 3;
/** A choice is cut into words and looked for among those of the request. */
const STEPS_TO_COMPARE = 20;

/**
 * A value that is valid under a JSON schema, made of the words that a request gives. The same words and schema
 * give the same value. Of the keywords, `not`, `if`, `contains`, `dependent*` and `patternProperties` are ignored,
 * and a `oneOf` is filled as an `anyOf`. Throws UnfillableSchema.
 */
export function fillSchema(schema: JsonObject, author: Author): unknown {
  const effort = new Effort();
  const filling = { author, root: schema, effort, values: 0 };
  return fill(schema, { name: '', index: 0, outer: 0, depth: 0 }, filling);
}

function fill(schema: unknown, place: Place, filling: FillContext): unknown {
  filling.values += 1;
  if (filling.values > MOST_VALUES || place.depth > MOST_DEPTH) {
    throw new UnfillableSchema('the schema asks for more than an answer can hold');
  }
  filling.effort.spend(stepsOf(place.name));
  if (!isObject(schema)) return fillString({}, place, filling);
  const plain = resolveSchema(schema, filling);
  filling.effort.spend(stepsFor(plain));
  const branches = ownList(plain, 'anyOf') ?? ownList(plain, 'oneOf');
  if (branches !== undefined && branches.length > 0) return fillBranch(plain, branches, { place, filling });
  if (Object.hasOwn(plain, 'const')) return plain['const'];
  const choices = ownList(plain, 'enum');
  if (choices !== undefined && choices.length > 0) return choose(choices, place, filling);
  return fillTyped(plain, place, filling);
}

/** Long strings count for more: an answer is bounded in size. */
function countedString(schema: JsonObject, place: Place, filling: FillContext): string {
  const text = fillString(schema, place, filling);
  filling.values += Math.floor(text.length / CHARACTERS_LIKE_A_VALUE);
  return text;
}

function isLean({ depth }: Place, { values }: FillContext): boolean {
  return depth > LEAN_DEPTH || values > LEAN_VALUES;
}

function fillTyped(schema: JsonObject, place: Place, filling: FillContext): unknown {
  const types = typesOf(schema);
  const type =
    isLean(place, filling) && types.includes('null')
      ? 'null'
      : (types.find((name) => name !== 'null') ?? types[0]);
  switch (type) {
    case 'object':
      return fillObject(schema, place, filling);
    case 'array':
      return fillArray(schema, place, filling);
    case 'number':
    case 'integer':
      return fillNumber(
        schema,
        type,
        isTime(schema) ? timeIn(filling.author) : wishedAt(place, filling.author),
      );
    case 'boolean':
      return fillBoolean(place, filling.author);
    case 'null':
      return null;
    case undefined:
    default:
      return countedString(schema, place, filling);
  }
}

/** The first branch that is not null; the shortest way out when the answer has grown enough. */
function fillBranch(
  schema: JsonObject,
  branches: readonly unknown[],
  at: { readonly place: Place; readonly filling: FillContext },
): unknown {
  const { anyOf: _any, oneOf: _one, ...shared } = schema;
  const lean = isLean(at.place, at.filling);
  const isUnsaid = branches.some((branch) => isMadeUp(branch, at.place, at.filling.author));
  const weight = (branch: unknown): number => {
    if (allowsNull(branch) || isNothing(branch)) return lean || isUnsaid ? 0 : 3;
    if (!lean) return 1;
    return isObject(branch) && typesOf(branch).some((type) => type !== 'object' && type !== 'array') ? 1 : 2;
  };
  const best = branches.toSorted((one, other) => weight(one) - weight(other))[0];
  return fill(isObject(best) ? mergeSchemas(shared, best, at.filling.effort) : shared, at.place, at.filling);
}

/** -1, which stands for nothing beside times. */
const isNothing = (branch: unknown): boolean => isObject(branch) && branch['const'] === -1;

/** Whether a value would be made up where a schema lets nothing be said: an id, a pattern, a time or a choice that the text does not name. */
function isMadeUp(branch: unknown, { name }: Place, author: Author): boolean {
  if (!isObject(branch) || author.label(name) !== undefined) return false;
  const choices = ownList(branch, 'enum')?.filter((choice) => typeof choice === 'string');
  if (choices !== undefined && choices.length > 0) return !choices.some((choice) => author.mentions(choice));
  if (isTime(branch)) return author.day() === undefined;
  return (
    ownProperty(branch, 'pattern') !== undefined || (nameWords(name).at(-1) === 'id' && !allowsNull(branch))
  );
}

const isTime = (schema: JsonObject): boolean => (ownNumber(schema, 'minimum') ?? 0) >= LEAST_TIME;

/** The choice that the text names, by its label first; else the first, and in arrays one after another. */
function choose(choices: readonly unknown[], place: Place, { author, effort }: FillContext): unknown {
  for (const choice of choices)
    effort.spend(STEPS_TO_COMPARE + (typeof choice === 'string' ? stepsOf(choice) : 0));
  const label = author.label(place.name);
  const key = label === undefined ? undefined : labelKey(label);
  const labelled = choices.find(
    (choice) => key !== undefined && typeof choice === 'string' && labelKey(choice) === key,
  );
  if (labelled !== undefined) return labelled;
  // Flags of 0 and 1 stand for no and yes, and not for one thing after another.
  if (choices.every((choice) => choice === 0 || choice === 1)) return choices[0];
  const named = new Set(choices.filter((choice) => typeof choice === 'string' && author.mentions(choice)));
  return [...named, ...choices.filter((choice) => !named.has(choice))][place.index % choices.length];
}

function fillObject(schema: JsonObject, place: Place, filling: FillContext): JsonObject {
  const required = new Set(ownList(schema, 'required') ?? []);
  const properties = Object.entries(ownObject(schema, 'properties') ?? {});
  const limit = isLean(place, filling)
    ? ownNumber(schema, 'minProperties')
    : ownNumber(schema, 'maxProperties');
  const room = (limit ?? (isLean(place, filling) ? 0 : properties.length)) - required.size;
  const optional = properties.map(([name]) => name).filter((name) => !required.has(name));
  const wanted = new Set([...required, ...optional.slice(0, Math.max(0, room))]);
  const entries = properties
    .filter(([name]) => wanted.has(name))
    .map(([name, property]): [string, unknown] => [
      name,
      fill(property, { ...place, name, depth: place.depth + 1 }, filling),
    ]);
  const known = new Set(properties.map(([name]) => name));
  const undeclared = [...required]
    .filter((name) => typeof name === 'string')
    .filter((name) => !known.has(name));
  const extras = extraEntries(schema, undeclared, { place, filling, present: entries.length });
  return Object.fromEntries([...entries, ...extras]);
}

/** Entries that `additionalProperties` describes: named by `required`, else by a number. */
function extraEntries(
  schema: JsonObject,
  undeclared: readonly string[],
  at: { readonly place: Place; readonly filling: FillContext; readonly present: number },
): [string, unknown][] {
  const { place, filling } = at;
  const extra = ownProperty(schema, 'additionalProperties');
  const present = at.present + undeclared.length;
  const least = (ownNumber(schema, 'minProperties') ?? 0) - present;
  const most = (ownNumber(schema, 'maxProperties') ?? Number.POSITIVE_INFINITY) - present;
  const isMap = isObject(extra) && ownObject(schema, 'properties') === undefined && !isLean(place, filling);
  const usual = Math.max(least, isMap ? USUAL_ITEMS : 0);
  const count = extra === false ? 0 : Math.max(0, Math.min(usual, most, MOST_VALUES));
  const taken = new Set([...undeclared, ...Object.keys(ownObject(schema, 'properties') ?? {})]);
  const numbered = Array.from({ length: count }, (_, position) => `item_${position + 1}`);
  return [...undeclared, ...numbered.map((name) => (taken.has(name) ? `${name}_` : name))].map(
    (name, index) => [name, fill(extra, { ...place, name, index, depth: place.depth + 1 }, filling)],
  );
}

/** What stands in the request for the items of this array: objects to be worked over, or a list of one of them. */
function originalsOf(items: unknown, place: Place, author: Author): readonly unknown[] | undefined {
  const within = place.original === undefined ? undefined : ownList(place.original, place.name);
  if (within !== undefined) return within;
  const fields = isObject(items) ? Object.keys(ownObject(items, 'properties') ?? {}) : [];
  return fields.length === 0 ? undefined : author.originals(fields);
}

/** As many as a label says (`Variants: 3`), as many choices as are named, or as usual. */
function countAt(place: Place, items: unknown, author: Author): number {
  const label = author.label(place.name) ?? '';
  if (/^\d{1,3}$/.test(label)) return Number(label);
  const choices = isObject(items) ? ownList(items, 'enum') : undefined;
  if (choices !== undefined)
    return Math.max(
      1,
      choices.filter((choice) => typeof choice === 'string' && author.mentions(choice)).length,
    );
  return place.name.toLowerCase() === 'hashtags' ? author.post(place.index).hashtags.length : USUAL_ITEMS;
}

/** Items that quote a document: what the schema asks beside them is filled as always, and nothing is made up to be thrown away. */
function fillCited(
  items: unknown,
  cited: readonly JsonObject[],
  { place, filling }: { readonly place: Place; readonly filling: FillContext },
): unknown[] {
  return cited.map((known, index) => {
    const inner = { ...place, index, outer: place.index, depth: place.depth + 1 };
    const value = fill(omitProperties(items, known), inner, filling);
    return isObject(value) ? { ...value, ...known } : value;
  });
}

/** A schema of objects without some of its properties. */
function omitProperties(schema: unknown, known: JsonObject): unknown {
  if (!isObject(schema)) return schema;
  const isLeft = (name: unknown) => typeof name !== 'string' || !Object.hasOwn(known, name);
  const properties = Object.entries(ownObject(schema, 'properties') ?? {}).filter(([name]) => isLeft(name));
  const required = (ownList(schema, 'required') ?? []).filter(isLeft);
  return { ...schema, properties: Object.fromEntries(properties), required };
}

function fillArray(schema: JsonObject, place: Place, filling: FillContext): unknown[] {
  const first = ownList(schema, 'prefixItems') ?? [];
  const items = ownProperty(schema, 'items');
  const least = ownNumber(schema, 'minItems') ?? 0;
  const most = Math.min(
    ownNumber(schema, 'maxItems') ?? MOST_VALUES,
    items === false ? first.length : MOST_VALUES,
  );
  const cited = citedItems(items, filling.author, filling.effort);
  if (cited !== undefined && cited.length >= least)
    return fillCited(items, cited.slice(0, most), { place, filling });
  const originals = originalsOf(items, place, filling.author);
  const asked = originals?.length ?? Math.max(countAt(place, items, filling.author), first.length);
  const count = Math.max(least, Math.min(isLean(place, filling) ? first.length : asked, most));
  const found = new Map<string, unknown>();
  const all: unknown[] = [];
  for (let index = 0; index < count; index += 1) {
    const given = originals?.[index];
    const original = isObject(given) ? given : place.original;
    const inner = {
      ...place,
      index,
      outer: place.index,
      depth: place.depth + 1,
      list: place.name,
      original,
    };
    const value = fill(first[index] ?? items, inner, filling);
    found.set(JSON.stringify(value), value);
    all.push(value);
  }
  return ownProperty(schema, 'uniqueItems') === true ? [...found.values()] : all;
}

const timeIn = (author: Author): number => author.day() ?? author.now() ?? LEAST_TIME;

/** A number that a label gives, else its place in the answer. */
function wishedAt({ name, index }: Place, author: Author): number {
  const labelled = Number.parseFloat((author.label(name) ?? '').replaceAll(/[^\d.-]/g, ''));
  return Number.isFinite(labelled) ? labelled : 1 + index;
}

/** The number inside the range that is nearest to what is wished. An exclusive limit moves in by a step, or by a little. */
function fillNumber(schema: JsonObject, type: 'number' | 'integer', wished: number): number {
  const multiple = ownNumber(schema, 'multipleOf') ?? 0;
  const step = type === 'integer' ? Math.max(1, multiple % 1 === 0 ? multiple : 1) : multiple;
  const above = ownNumber(schema, 'exclusiveMinimum') ?? Number.NEGATIVE_INFINITY;
  const below = ownNumber(schema, 'exclusiveMaximum') ?? Number.POSITIVE_INFINITY;
  const minimum = ownNumber(schema, 'minimum') ?? Number.NEGATIVE_INFINITY;
  const maximum = ownNumber(schema, 'maximum') ?? Number.POSITIVE_INFINITY;
  const width = Math.min(maximum, below) - Math.max(minimum, above);
  const margin = step > 0 ? step : Number.isFinite(width) ? width / 4 : 0.5;
  const least = above >= minimum ? above + margin : minimum;
  const most = below <= maximum ? below - margin : maximum;
  const inside = Math.min(Math.max(wished, least), most);
  if (step === 0 || Number.isInteger(inside / step)) return inside;
  const down = Math.floor(inside / step) * step;
  return down >= least ? down : Math.ceil(inside / step) * step;
}

const YES = /^(?:yes|true|on|ja|oui|sí|si)\b/iu;
const NO = /^(?:no|false|off|nein|non|none|not)\b/iu;
const SMALL_WORDS = new Set(['is', 'has', 'was', 'are', 'should', 'can']);

/** What a label says; else whether the text speaks of it. */
function fillBoolean({ name }: Place, author: Author): boolean {
  const label = author.label(name) ?? '';
  if (YES.test(label)) return true;
  const words = nameWords(name).filter((word) => !SMALL_WORDS.has(word));
  return !NO.test(label) && (words.length === 0 || author.mentions(words.join(' ')));
}
