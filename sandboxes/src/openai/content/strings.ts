import type { Effort } from './effort.ts';
import { type JsonObject, ownProperty, ownNumber, ownString } from './json.ts';
import { textFor } from './pattern.ts';
import type { Author } from './posts.ts';
import { capitalise, clip, hash, labelKey, nameWords, trimmedOf } from './words.ts';

/** Where in the answer a value stands. */
export interface Place {
  /** The nearest property's name, which says what kind of words fit. */
  readonly name: string;
  /** The position in the nearest array. */
  readonly index: number;
  /** The position in the array around that one: which of several posts a hashtag belongs to. */
  readonly outer: number;
  readonly depth: number;
  /** The property that holds that array: `suggestions`. */
  readonly list?: string;
  /** The object of the request that this part of the answer replaces, where there is one. */
  readonly original?: JsonObject | undefined;
}

/** A string for a property: what a label gives, else words that suit its name, cut to the schema's measure. */
export function fillString(
  schema: JsonObject,
  place: Place,
  { author, effort }: { readonly author: Author; readonly effort: Effort },
): string {
  const format = FORMATS.get(ownString(schema, 'format') ?? '');
  // A pattern beside a format is that format's own, as zod writes it.
  if (format !== undefined) return typeof format === 'string' ? format : format(author, place);
  const pattern = ownString(schema, 'pattern');
  return pattern === undefined
    ? fitLength(writeText(place, author), schema, author)
    : textFor(pattern, effort);
}

/** Cut to maxLength, filled up to minLength. Lengths are counted in UTF-16 units, the stricter way. */
function fitLength(text: string, schema: JsonObject, author: Author): string {
  const least = Math.min(ownNumber(schema, 'minLength') ?? 0, 10_000);
  const most = ownNumber(schema, 'maxLength') ?? Number.POSITIVE_INFINITY;
  let long = text;
  while (long.length < least) long += ` ${author.subject()}`;
  const cut = clip(long, Math.max(0, most));
  // Cut at a word's end it may have become too short.
  return cut.length >= least ? cut : long.slice(0, most).replace(/[\uD800-\uDBFF]$/, '.');
}

const dateAt = (author: Author, { name }: Place) =>
  /^\d{4}-\d{2}-\d{2}(?!\d)/.exec(author.label(name) ?? '')?.[0] ?? '2025-01-15';

type Format = string | ((author: Author, place: Place) => string);

/** Values of the formats that OpenAI lists. They are fixed, or follow from the request (no clock: answers are repeatable). */
const FORMATS: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['date', dateAt],
  ['date-time', (author, place) => `${dateAt(author, place)}T09:00:00Z`],
  ['time', '09:00:00Z'],
  ['duration', 'P1D'],
  ['email', 'sandbox@example.com'],
  ['idn-email', 'sandbox@example.com'],
  ['uri', 'https://example.com/sandbox'],
  ['url', 'https://example.com/sandbox'],
  ['iri', 'https://example.com/sandbox'],
  ['uuid', uuidAt],
  ['hostname', 'example.com'],
  ['ipv4', '192.0.2.1'],
  ['ipv6', '2001:db8::1'],
]);

function uuidAt(author: Author, { name, outer, index }: Place): string {
  const parts = [0, 1, 2, 3].map((part) => hash(`${part} ${name} ${outer} ${index} ${author.seed()}`));
  const digits = parts.map((part) => part.toString(16).padStart(8, '0')).join('');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20)}`;
}

/** Names that say nothing of what is to stand there: `Target: hook` says it. */
const OPEN_NAMES = new Set(['text', 'value', 'result', 'content', 'part']);

function writeText(place: Place, author: Author): string {
  const original = originalAt(place);
  if (original !== undefined) return original;
  const target = author.target();
  const wanted = target !== undefined && OPEN_NAMES.has(place.name.toLowerCase()) ? target : place.name;
  const phrase = phraseFor(place, author);
  if (phrase !== undefined) return phrase;
  const label = author.label(wanted);
  // A text to be rewritten must differ from the present one.
  const isOne = place.index === 0 || nameWords(wanted).at(-1) === 'id';
  if (label !== undefined && isOne && labelKey(wanted) !== target) return label;
  return wordsFor(nameWords(wanted).at(-1), place, author);
}

/** A text that a model thinks of and does not find in the request. */
function phraseFor({ name, list, index }: Place, author: Author): string | undefined {
  const word = nameWords(name).at(-1);
  const isAdvice = nameWords(list ?? '').some((one) => one === 'suggestions' || one === 'actions');
  if (isAdvice && word === 'title') return author.phrase('actions', index);
  if (isAdvice && (word === 'why' || word === 'reason')) return author.phrase('reasons', index);
  if (list === 'fragments' && word === 'text') return author.keywords()[index % author.keywords().length];
  const kind = author.label(name) === undefined ? SAYING.get(name) : undefined;
  return kind === undefined ? undefined : author.phrase(kind, index);
}

const SAYING: ReadonlyMap<string, 'turns' | 'questions' | 'summaries'> = new Map([
  ['turn', 'turns'],
  ['question', 'questions'],
  ['summary', 'summaries'],
] as const);

function originalAt({ original, index, name }: Place): string | undefined {
  const value = original === undefined ? undefined : ownProperty(original, name);
  const text: unknown = Array.isArray(value) ? value[index] : value;
  return typeof text === 'string' ? text : undefined;
}

/** By the last word of the property's name. */
function wordsFor(word: string | undefined, { index, outer }: Place, author: Author): string {
  const keyword = author.keywords()[(index + outer) % author.keywords().length] ?? 'sandbox';
  const sentence = author.sentences()[outer + index];
  switch (word) {
    case 'hook':
    case 'body':
    case 'cta':
      return author.part(word, index);
    case 'hashtag':
    case 'hashtags':
      return author.hashtag({ post: outer, index });
    case 'title':
    case 'headline':
      return capitalise(clip(index === 0 ? author.subject() : trimmedOf(sentence ?? keyword, '.'), 80));
    case 'content':
      return index === 0 && sentence !== undefined
        ? clip(author.sentences().join(' '), 2_000)
        : (sentence ?? author.reply(index));
    case 'name':
    case 'person':
    case 'company':
    case 'city':
    case 'country':
    case 'place':
      return author.names()[index % author.names().length] ?? capitalise(keyword);
    case 'keywords':
    case 'tags':
    case 'label':
      return keyword;
    case 'id':
    case 'key':
      return `item-${outer + index + 1}`;
    case undefined:
    default:
      return author.sentences()[(outer + index) % author.sentences().length] ?? author.reply(index);
  }
}
