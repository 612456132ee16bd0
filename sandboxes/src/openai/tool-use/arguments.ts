import { LEAST_TIME } from '../content/dates.ts';
import { type Effort, stepsOf } from '../content/effort.ts';
import { fillSchema } from '../content/fill.ts';
import {
  isObject,
  type JsonObject,
  ownList,
  ownNumber,
  ownObject,
  ownProperty,
  ownString,
} from '../content/json.ts';
import { Author } from '../content/posts.ts';
import { resolveSchema, stepsFor, typesOf } from '../content/schema.ts';
import { clip, foldWord, nameWords, wordsOf } from '../content/words.ts';
import type { Tool } from '../tools.ts';
import { type Act, canonicalWord, namesChoice } from './lexicon.ts';
import { type KnownRecord, meantRecords } from './records.ts';
import { type Clause, titleIn } from './sentence.ts';

/** A value that a call needs and that a clause leaves open. */
export type Missing =
  | { readonly how: 'unknown'; readonly kind: string; readonly known: readonly KnownRecord[] }
  | { readonly how: 'unclear'; readonly kind: string; readonly known: readonly KnownRecord[] }
  | { readonly how: 'unsaid'; readonly name: string };

/** The arguments of a call for each record that is meant. */
export type Arguments = { readonly calls: readonly JsonObject[] } | { readonly missing: Missing };

export interface Asked {
  readonly clause: Clause;
  readonly act: Act;
  /** The kind of thing that the tool works on: `task`. */
  readonly kind: string;
  readonly records: readonly KnownRecord[];
  /** Only ids are looked for: nothing that is said limits what a tool shows. */
  readonly isLookup: boolean;
}

/** A property's schema with its branches side by side. */
interface Shape {
  readonly name: string;
  readonly words: readonly string[];
  readonly types: ReadonlySet<string>;
  readonly choices: readonly unknown[];
  readonly isNullable: boolean;
  readonly isRequired: boolean;
  readonly least: number;
  readonly longest: number;
  readonly hasPattern: boolean;
  readonly format: string | undefined;
  readonly description: string;
}

const TITLES = new Set(['title', 'name', 'headline', 'subject']);
const CONTENTS = new Set(['content', 'body', 'text', 'message', 'comment', 'note', 'description', 'details']);
const QUERIES = new Set(['query', 'search', 'q', 'keyword', 'keywords', 'phrase']);

/** Arguments for a tool from a clause: those that it must have or that the clause speaks of. An id is never made up. */
export function argumentsFor(tool: Tool, asked: Asked, effort: Effort): Arguments {
  const shapes = shapesOf(tool.parameters, effort);
  const hasTitle = shapes.some((shape) => TITLES.has(lastWord(shape)));
  const reading = { ...asked, hasTitle, beside: wordsBesideTitles(asked), quotes: quotesBesideTitles(asked) };
  const own = new Map<string, unknown>();
  let repeated: { readonly name: string; readonly ids: readonly unknown[] } | undefined;
  const left: string[] = [];
  for (const shape of shapes) {
    if (isId(shape)) {
      const ids = idsFor(shape, asked);
      if ('missing' in ids) return ids;
      if (ids.ids.length > 1) repeated = { name: shape.name, ids: ids.ids };
      const [id] = ids.ids;
      if (id !== undefined || shape.isRequired) own.set(shape.name, id ?? null);
      continue;
    }
    const value = saidValue(shape, reading) ?? unsaidValue(shape, tool);
    if (value !== undefined) own.set(shape.name, value);
    else if (!shape.isRequired) continue;
    else if (TITLES.has(lastWord(shape)) || isTime(shape))
      return { missing: { how: 'unsaid', name: shape.name } };
    else left.push(shape.name);
  }
  const made = left.length === 0 ? {} : fillLeft(tool.parameters, left, asked);
  const inOrder = shapes.flatMap(({ name }): [string, unknown][] =>
    own.has(name) ? [[name, own.get(name)]] : Object.hasOwn(made, name) ? [[name, made[name]]] : [],
  );
  const call = Object.fromEntries(inOrder);
  if (asked.act === 'update' && !changesAnything(shapes, call))
    return { missing: { how: 'unsaid', name: 'change' } };
  if (repeated === undefined) return { calls: [call] };
  const { name, ids } = repeated;
  return { calls: ids.map((id) => ({ ...call, [name]: id })) };
}

/** Steps that a property takes, and each of its choices, to be compared with what is said. */
const STEPS_TO_COMPARE = 20;

function shapesOf(parameters: JsonObject, effort: Effort): Shape[] {
  const required = new Set(ownList(parameters, 'required') ?? []);
  const context = { root: parameters, effort };
  return Object.entries(ownObject(parameters, 'properties') ?? {}).map(([name, property]) => {
    const plain = isObject(property) ? resolveSchema(property, context) : {};
    const branches = (ownList(plain, 'anyOf') ?? ownList(plain, 'oneOf') ?? []).filter(isObject);
    const all = [plain, ...branches.map((branch) => resolveSchema(branch, context))];
    effort.spend(STEPS_TO_COMPARE + stepsOf(name) + stepsFor(plain));
    const types = new Set(all.flatMap((one) => ('type' in one ? typesOf(one) : [])));
    const choices = all.flatMap((one) => [
      ...(ownList(one, 'enum') ?? []),
      ...(Object.hasOwn(one, 'const') ? [ownProperty(one, 'const')] : []),
    ]);
    effort.spend(STEPS_TO_COMPARE * choices.length);
    return {
      name,
      words: nameWords(name),
      types,
      choices,
      isNullable: types.has('null') || choices.includes(null),
      isRequired: required.has(name),
      least: Math.max(...all.map((one) => ownNumber(one, 'minimum') ?? Number.NEGATIVE_INFINITY)),
      longest: Math.min(...all.map((one) => ownNumber(one, 'maxLength') ?? Number.POSITIVE_INFINITY)),
      hasPattern: all.some((one) => 'pattern' in one),
      format: all.map((one) => ownString(one, 'format')).find((format) => format !== undefined),
      description: all.map((one) => ownString(one, 'description') ?? '').join(' '),
    };
  });
}

const lastWord = ({ words, name }: Shape): string => words.at(-1) ?? name;
const isId = (shape: Shape): boolean => lastWord(shape) === 'id' && shape.choices.length === 0;
const isTime = ({ least, format, types, description }: Shape): boolean =>
  format === 'date' ||
  format === 'date-time' ||
  ((types.has('integer') || types.has('number')) &&
    (least >= LEAST_TIME || /\bmilliseconds since\b/iu.test(description)));

/** The ids that a property takes: of what the tool works on, or of another record that the clause names. */
function idsFor(
  shape: Shape,
  { clause, act, kind, records, isLookup }: Asked,
): { ids: readonly unknown[] } | { missing: Missing } {
  const of = canonicalWord(shape.words.at(-2) ?? kind);
  const noun = clause.words.find(({ canonical }) => canonical === of);
  const isOwn = of === kind && act !== 'create';
  const isOptional = !shape.isRequired || shape.isNullable;
  if (isOptional && (isLookup || (!isOwn && noun === undefined))) return { ids: [] };
  const known = records.filter((record) => record.kind === of);
  const isOther = !isOwn && noun === undefined;
  const part = isOther
    ? { ...clause, text: clause.plain, quotes: [] }
    : isOwn
      ? clause
      : clauseFrom(clause, noun?.start ?? 0);
  const found = meantRecords(part, known, new Set([of, kind]));
  // A record that is not spoken of is the only one that there is.
  const { records: meant, isClear } =
    isOther && !found.isClear ? { records: known, isClear: known.length === 1 } : found;
  if (isClear) return { ids: (isOwn ? meant : meant.slice(0, 1)).map(({ id }) => idAs(shape, id)) };
  const [, literal] = /\b(?:id|nummer|number|no\.|#)[\s:]*["“„]?([\w-]*\d[\w-]*)/iu.exec(part.text) ?? [];
  if (literal !== undefined && known.length === 0) return { ids: [idAs(shape, literal)] };
  if (meant.length > 1) return { missing: { how: 'unclear', kind: of, known: meant } };
  return { missing: { how: 'unknown', kind: of, known } };
}

const idAs = ({ types }: Shape, id: string | number): unknown => (types.has('string') ? String(id) : id);

function clauseFrom(clause: Clause, start: number): Clause {
  const text = clause.text.slice(start);
  return {
    ...clause,
    text,
    plain: clause.plain.slice(start),
    words: clause.words.filter((word) => word.start >= start),
    quotes: clause.quotes.filter((quote) => text.includes(quote)),
    afterColon: undefined,
  };
}

/** A clause as its values are read. */
interface Reading extends Asked {
  /** Words and quoted texts that belong to no title of a record. */
  readonly beside: ReadonlySet<string>;
  readonly quotes: readonly string[];
  /** Whether the tool takes a title. */
  readonly hasTitle: boolean;
}

function quotesBesideTitles({ clause, records }: Asked): readonly string[] {
  const titles = new Set(records.map(({ folded }) => folded));
  return clause.quotes.filter((quote) => !titles.has(foldWord(quote)));
}

function wordsBesideTitles({ clause, act, kind, records }: Asked): ReadonlySet<string> {
  const own =
    act === 'create' ? [foldWord(titleIn(clause, kind) ?? '')] : records.map(({ folded }) => folded);
  const text = foldWord(clause.plain);
  const titles = own.filter((title) => title !== '' && text.includes(title));
  const taken = new Set(titles.flatMap((title) => wordsOf(title)));
  return new Set([...clause.said].filter((word) => !taken.has(word)));
}

/** The value that a clause gives a property; undefined where it gives none. */
function saidValue(shape: Shape, reading: Reading): unknown {
  const value = reading.isLookup ? undefined : readValue(shape, reading);
  if (typeof value !== 'string' || shape.choices.length > 0) return value;
  return shape.hasPattern && !isTime(shape) ? undefined : clip(value, shape.longest);
}

function readValue(shape: Shape, reading: Reading): unknown {
  const { clause, act } = reading;
  const word = lastWord(shape);
  if (shape.choices.length > 0 && !isTime(shape)) return saidChoice(shape, reading.beside);
  if (isTime(shape)) return saidTime(shape, clause);
  if (shape.types.has('boolean')) {
    const words = shape.words.filter((one) => !['is', 'has', 'include', 'with', 'only'].includes(one));
    return words.every((one) => clause.said.has(one)) ? true : undefined;
  }
  if (shape.types.has('integer') || shape.types.has('number')) return saidNumber(shape, clause);
  if (!shape.types.has('string')) return undefined;
  if (TITLES.has(word))
    return act === 'update' ? newTitle(clause) : (titleIn(clause, reading.kind) ?? shortContent(clause));
  if (CONTENTS.has(word)) return saidContent(shape, reading);
  if (QUERIES.has(word))
    return (
      clause.quotes[0] ??
      /\b(?:search|find|such\p{L}*|look) .*?(?:for|nach|about|über) (.+?)[.?!]*$/iu.exec(clause.text)?.[1]
    );
  return undefined;
}

/** The last choice that is named: `mark the open task as done`. Of 1 and 0 it is 1 if the clause has the property's word. */
function saidChoice({ choices, words }: Shape, said: ReadonlySet<string>): unknown {
  if (choices.includes(1) && choices.includes(0)) {
    const stems = words.filter((word) => word.length > 2).map((word) => word.slice(0, 5));
    return stems.every((stem) => [...said].some((one) => one.startsWith(stem))) ? 1 : undefined;
  }
  const texts = choices.filter((choice) => typeof choice === 'string');
  return texts.findLast((choice) => namesChoice(choice, said));
}

function saidTime(shape: Shape, { day }: Clause): unknown {
  if (day === undefined) return undefined;
  if (!shape.types.has('string')) return day.noon;
  const text = new Date(day.noon).toISOString();
  return shape.format === 'date' ? text.slice(0, 10) : text;
}

function saidNumber({ words, isRequired, isNullable }: Shape, { plain }: Clause): number | undefined {
  const near = new RegExp(
    String.raw`\b${words.at(-1) ?? ''}\p{L}*\W{1,3}(?:\p{L}+\W)?(-?\d+(?:\.\d+)?)`,
    'iu',
  ).exec(plain);
  const only = isRequired && !isNullable ? /(?<![\d.:-])(-?\d+(?:\.\d+)?)(?![\d.:-]*\d)/u.exec(plain) : null;
  const found = near?.[1] ?? only?.[1];
  return found === undefined ? undefined : Number(found);
}

/** A record's new title: the last quoted text of two, or the words behind `to`. */
function newTitle(clause: Clause): string | undefined {
  if (!/\b(?:rename|benenne|umbenennen|titel|title|name)\b/iu.test(clause.plain)) return undefined;
  if (clause.quotes.length > 1) return clause.quotes.at(-1);
  if (clause.afterColon !== undefined) return clause.afterColon;
  return /\s(?:to|in|zu|auf)\s+["“„]?([^"“”„]+?)["“”]?(?:\s+um)?[.!?]*$/iu.exec(clause.text)?.[1];
}

function shortContent({ afterColon }: Clause): string | undefined {
  const words = afterColon?.split(/\s+/u).slice(0, 8).join(' ');
  return words === '' ? undefined : words;
}

const SAYING =
  /\s(?:that says|saying|with the (?:content|text|description)|mit (?:dem|der) (?:inhalt|text|beschreibung))\s+["“„]?(.+?)["“”]?$/iu;

/** A text behind a colon, the second quoted one, or the first where there is no title to quote. */
function saidContent(shape: Shape, { clause, act, kind, quotes, hasTitle }: Reading): string | undefined {
  const isNamed = /\b(?:content|text|description|inhalt|beschreibung|says|saying)\b/iu.test(clause.plain);
  if (act === 'update') return isNamed ? (clause.afterColon ?? quotes[0]) : undefined;
  const quoted = quotes[hasTitle ? 1 : 0] ?? SAYING.exec(clause.text)?.[1];
  const isNeeded = shape.isRequired && !shape.isNullable;
  const isTitle = hasTitle && !isNeeded && !isNamed && clause.quotes.length === 0;
  return (
    quoted ?? (isTitle ? undefined : clause.afterColon) ?? (isNeeded ? titleIn(clause, kind) : undefined)
  );
}

/** Characters of a tool's declaration that are read for each property. */
const DECLARATION_READ = 2_000;

/** Nothing, where a property can say so: null, -1, or the value that its tool's description does not keep for other cases. */
function unsaidValue(
  { name, choices, types, isNullable, isRequired, description }: Shape,
  tool: Tool,
): unknown {
  if (!isRequired) return undefined;
  if (isNullable) return null;
  if (choices.includes(-1)) return -1;
  if (types.has('boolean')) return false;
  if (!choices.includes(0) || !choices.includes(1)) return undefined;
  const declared = `${tool.declaration.slice(0, DECLARATION_READ)} ${description.slice(0, DECLARATION_READ)}`;
  const kept = declared.split('.').find((sentence) => sentence.includes(`${name} to 0`));
  return kept?.includes('only if') === true ? 1 : 0;
}

const NOTHING: ReadonlySet<unknown> = new Set([null, -1, undefined]);

const changesAnything = (shapes: readonly Shape[], call: JsonObject): boolean =>
  shapes.some(
    (shape) => !(isId(shape) && shape.isRequired && !shape.isNullable) && !NOTHING.has(call[shape.name]),
  );

/** Required values that the clause does not give, made of its words without the one for the thing itself. */
function fillLeft(parameters: JsonObject, names: readonly string[], { clause, kind }: Asked): JsonObject {
  const declared = ownObject(parameters, 'properties') ?? {};
  const properties = Object.fromEntries(names.map((name) => [name, declared[name] ?? {}]));
  const noun = clause.words.find(({ canonical }) => canonical === kind);
  const plain =
    noun === undefined ? clause.text : clause.text.slice(0, noun.start) + clause.text.slice(noun.end);
  const text = clause.quotes.length > 0 ? clause.quotes.join('. ') : `${plain} ${clause.afterColon ?? ''}`;
  const schema = { ...parameters, properties, required: names };
  const made = fillSchema(schema, new Author([{ role: 'user', text }]));
  return isObject(made) ? made : {};
}
