import { type JsonObject, ownNumber, ownString } from './json.ts';
import type { Material } from './material.ts';
import { matching } from './pattern.ts';
import type { Place } from './place.ts';
import { hashtagAt, postAt, replyAt } from './posts.ts';
import { capitalise, clip, hash, nameWords } from './words.ts';

type Writer = (material: Material, place: Place) => string | undefined;

/** A string for a property: what a label gives, else words that suit its name, cut to the schema's measure. */
export function fillString(schema: JsonObject, place: Place, material: Material): string {
  const pattern = ownString(schema, 'pattern');
  const format = ownString(schema, 'format');
  const text =
    (format === undefined ? undefined : formatted(format, place, material)) ?? written(place, material);
  if (pattern !== undefined)
    return matching(pattern, [material.label(place.name) ?? text, text, ...material.keywords()]);
  return format === undefined ? measured(text, schema, material) : text;
}

/** Cut to maxLength, filled up to minLength. Lengths are counted in UTF-16 units, the stricter way. */
function measured(text: string, schema: JsonObject, material: Material): string {
  const least = Math.min(ownNumber(schema, 'minLength') ?? 0, 10_000);
  const most = ownNumber(schema, 'maxLength') ?? Number.POSITIVE_INFINITY;
  let long = text;
  while (long.length < least) long += ` ${material.subject()}`;
  const cut = clip(long, Math.max(0, most));
  // Cut at a word's end it may have become too short.
  return cut.length >= least ? cut : long.slice(0, most).replace(/[\uD800-\uDBFF]$/, '.');
}

const FIXED_DATE = '2025-01-15';

/** Values of the formats that OpenAI lists; where the text has none, fixed ones (no clock: answers are repeatable). */
function formatted(format: string, place: Place, material: Material): string | undefined {
  const date = dateFor(material, place);
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
      return itemFor(material.emails(), place) ?? 'sandbox@example.com';
    case 'uri':
    case 'url':
    case 'iri':
      return itemFor(material.urls(), place) ?? `https://example.com/${slug(material.subject())}`;
    case 'uuid':
      return uuidFor(material, place);
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

function dateFor(material: Material, place: Place): string {
  return itemFor(material.dates(), place) ?? FIXED_DATE;
}

function uuidFor(material: Material, place: Place): string {
  const hex = [0, 1, 2, 3].map((part) =>
    hash(`${part} ${place.name} ${place.outer} ${place.index} ${material.seed()}`),
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

function sentence(material: Material, place: Place): string | undefined {
  const all = material.sentences();
  return all.length > 0 ? all[(place.outer + place.index) % all.length] : undefined;
}

function keyword(material: Material, place: Place): string {
  return itemFor(material.keywords(), { ...place, index: place.index + place.outer }) ?? 'sandbox';
}

function heading(material: Material, place: Place): string {
  const headings = material.headings();
  const titles = headings.length > 0 ? headings : [clip(material.subject(), 80)];
  return titles[place.index] ?? capitalise(clip(sentence(material, place) ?? keyword(material, place), 80));
}

function name(material: Material, place: Place): string {
  return itemFor(material.names(), place) ?? capitalise(keyword(material, place));
}

function prose(material: Material, place: Place): string {
  return sentence(material, place) ?? replyAt(material, place.index);
}

/** By the last word of the property's name that is known here. */
const WRITERS: Readonly<Record<string, Writer>> = Object.fromEntries(
  Object.entries<Writer>({
    'hook opener': (material, { index }) => postAt(material, index).hook,
    'body post caption script copy': (material, { index }) => postAt(material, index).body,
    'cta action': (material, { index }) => postAt(material, index).cta,
    'hashtag hashtags': (material, { index, outer }) => hashtagAt(material, { post: outer, index }),
    'title headline heading header subject topic theme': heading,
    'keyword keywords tag tags label labels category categories word words': keyword,
    'name names person people author owner party parties company city country place location entity entities':
      name,
    'email emails mail': (material, place) => formatted('email', place, material),
    'url urls link links uri website href source': (material, place) => formatted('uri', place, material),
    'date dates day deadline due start end begin until since': dateFor,
    'id key slug code identifier': (material, place) =>
      `${slug(clip(material.subject(), 24, ''))}-${place.outer + place.index + 1}`,
    'language lang locale': (material) => material.language(),
    'query search question prompt': (material) => material.subject(),
    'answer reply response message': (material, { index }) => replyAt(material, index),
  }).flatMap(([names, writer]) => names.split(' ').map((word) => [word, writer])),
);

function written(place: Place, material: Material): string {
  const label = material.label(place.name);
  if (label !== undefined && place.index === 0) return label;
  const known = nameWords(place.name).findLast((word) => Object.hasOwn(WRITERS, word));
  return (known === undefined ? undefined : WRITERS[known]?.(material, place)) ?? prose(material, place);
}
