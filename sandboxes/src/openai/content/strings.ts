import { type JsonObject, own, ownNumber, ownString } from './json.ts';
import type { Patterns } from './pattern.ts';
import type { Place } from './place.ts';
import type { Author } from './posts.ts';
import { capitalise, clip, hash, labelKey, nameWords } from './words.ts';

const MOST_KEYWORDS = 20;

type Writer = (author: Author, place: Place) => string | undefined;

/** A string for a property: what a label gives, else words that suit its name, cut to the schema's measure. */
export function fillString(
  schema: JsonObject,
  place: Place,
  { author, patterns }: { readonly author: Author; readonly patterns: Patterns },
): string {
  const pattern = ownString(schema, 'pattern');
  const format = ownString(schema, 'format');
  const text =
    (format === undefined ? undefined : formatted(format, place, author)) ?? written(place, author);
  if (pattern !== undefined) {
    const least = ownNumber(schema, 'minLength') ?? 0;
    const most = ownNumber(schema, 'maxLength') ?? Number.POSITIVE_INFINITY;
    const candidates = [author.label(place.name) ?? text, text, ...author.keywords().slice(0, MOST_KEYWORDS)];
    return patterns.matching(
      pattern,
      candidates.filter(({ length }) => length >= least && length <= most),
    );
  }
  return format === undefined ? measured(text, schema, author) : text;
}

/** Cut to maxLength, filled up to minLength. Lengths are counted in UTF-16 units, the stricter way. */
function measured(text: string, schema: JsonObject, author: Author): string {
  const least = Math.min(ownNumber(schema, 'minLength') ?? 0, 10_000);
  const most = ownNumber(schema, 'maxLength') ?? Number.POSITIVE_INFINITY;
  let long = text;
  while (long.length < least) long += ` ${author.subject()}`;
  const cut = clip(long, Math.max(0, most));
  // Cut at a word's end it may have become too short.
  return cut.length >= least ? cut : long.slice(0, most).replace(/[\uD800-\uDBFF]$/, '.');
}

const FIXED_DATE = '2025-01-15';

/** Values of the formats that OpenAI lists; where the text has none, fixed ones (no clock: answers are repeatable). */
function formatted(format: string, place: Place, author: Author): string | undefined {
  const date = dateFor(author, place);
  switch (format) {
    case 'date':
      return date;
    case 'date-time':
      return `${date}T09:00:00Z`;
    case 'time':
      return '09:00:00Z';
    case 'duration':
      return 'P1D';
    case 'email':
    case 'idn-email':
      return itemFor(author.emails(), place) ?? 'sandbox@example.com';
    case 'uri':
    case 'url':
    case 'iri':
      return itemFor(author.urls(), place) ?? `https://example.com/${slug(author.subject())}`;
    case 'uuid':
      return uuidFor(author, place);
    case 'hostname':
      return 'example.com';
    case 'ipv4':
      return '192.0.2.1';
    case 'ipv6':
      return '2001:db8::1';
    default:
      return undefined;
  }
}

function dateFor(author: Author, place: Place): string {
  return itemFor(author.dates(), place) ?? FIXED_DATE;
}

function uuidFor(author: Author, place: Place): string {
  const hex = [0, 1, 2, 3].map((part) =>
    hash(`${part} ${place.name} ${place.outer} ${place.index} ${author.seed()}`),
  );
  const digits = hex.map((part) => part.toString(16).padStart(8, '0')).join('');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20)}`;
}

function itemFor<T>(items: readonly T[], place: Place): T | undefined {
  return items[place.index % Math.max(1, items.length)];
}

function slug(text: string): string {
  const plain = text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return clip(plain, 60, '') || 'sandbox';
}

function sentence(author: Author, place: Place): string | undefined {
  const all = author.sentences();
  return all.length > 0 ? all[(place.outer + place.index) % all.length] : undefined;
}

function keyword(author: Author, place: Place): string {
  return itemFor(author.keywords(), { ...place, index: place.index + place.outer }) ?? 'sandbox';
}

function heading(author: Author, place: Place): string {
  const headings = author.headings();
  const titles = headings.length > 0 ? headings : [clip(author.subject(), 80)];
  return titles[place.index] ?? capitalise(clip(sentence(author, place) ?? keyword(author, place), 80));
}

function name(author: Author, place: Place): string {
  return itemFor(author.names(), place) ?? capitalise(keyword(author, place));
}

function prose(author: Author, place: Place): string {
  return sentence(author, place) ?? author.reply(place.index);
}

/** By the last word of the property's name that is known here. */
const WRITERS: Readonly<Record<string, Writer>> = Object.fromEntries(
  Object.entries<Writer>({
    'hook opener': (author, { index }) => author.part('hook', index),
    'body post caption script copy': (author, { index }) => author.part('body', index),
    'cta action': (author, { index }) => author.part('cta', index),
    'hashtag hashtags': (author, { index, outer }) => author.hashtag({ post: outer, index }),
    'title headline heading header subject topic theme': heading,
    'keyword keywords tag tags label labels category categories word words': keyword,
    'name names person people author owner party parties company city country place location entity entities':
      name,
    'email emails mail': (author, place) => formatted('email', place, author),
    'url urls link links uri website href source': (author, place) => formatted('uri', place, author),
    'date dates day deadline due start end begin until since': dateFor,
    'id key slug code identifier': (author, place) =>
      `${slug(clip(author.subject(), 24, ''))}-${place.outer + place.index + 1}`,
    'language lang locale': (author) => author.language(),
    'query search question prompt': (author) => author.subject(),
    'answer reply response message': (author, { index }) => author.reply(index),
  }).flatMap(([names, writer]) => names.split(' ').map((word) => [word, writer])),
);

/** Names that say nothing of what is to stand there: `Target: hook` says it. */
const OPEN_NAMES = new Set(['text', 'value', 'result', 'content', 'part']);

function written(place: Place, author: Author): string {
  const original = originalAt(place);
  if (original !== undefined) return original;
  const target = author.target();
  const wanted = target !== undefined && OPEN_NAMES.has(place.name.toLowerCase()) ? target : place.name;
  const label = author.label(wanted);
  // What is to be written anew is not what stands there already.
  if (label !== undefined && place.index === 0 && labelKey(wanted) !== target) return label;
  const known = nameWords(wanted).findLast((word) => Object.hasOwn(WRITERS, word));
  return (known === undefined ? undefined : WRITERS[known]?.(author, place)) ?? prose(author, place);
}

function originalAt({ original, index, ...place }: Place): string | undefined {
  const value = original === undefined ? undefined : own(original, place.name);
  const text: unknown = Array.isArray(value) ? value[index] : value;
  return typeof text === 'string' ? text : undefined;
}
