import { type JsonObject, isObject } from './json.ts';
import { clip } from './words.ts';

/** The objects of a JSON list, as a request gives what is to be worked over; undefined for any other text. */
export function objectsIn(text: string): JsonObject[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.length > 0 && list.every(isObject) ? list : undefined;
  } catch {
    return undefined;
  }
}

const BETWEEN_PARTS = 2;
const SHORTEST = 20;

/**
 * An object whose texts are cut, the longest first and at a sentence's end where that is possible, until they fit
 * together. Sizes are in bytes, which no platform's way of counting exceeds.
 */
export function shortened(object: JsonObject, most: number): JsonObject {
  const texts = new Map(Object.entries(object));
  for (let turn = 0; turn < texts.size * 2; turn += 1) {
    const excess = sizeOf(texts) - most;
    if (excess <= 0) break;
    const [name, longest] = longestOf(texts);
    if (longest.length > SHORTEST) texts.set(name, cut(longest, Buffer.byteLength(longest) - excess));
    else if (!dropLast(texts)) break;
  }
  return Object.fromEntries(texts);
}

function sizeOf(texts: ReadonlyMap<string, unknown>): number {
  return [...texts.values()].reduce((sum: number, value) => {
    const text = Array.isArray(value) ? value.join(' ') : value;
    return typeof text === 'string' && text !== '' ? sum + Buffer.byteLength(text) + BETWEEN_PARTS : sum;
  }, 0);
}

function longestOf(texts: ReadonlyMap<string, unknown>): [string, string] {
  let found: [string, string] = ['', ''];
  for (const [name, value] of texts) {
    if (typeof value === 'string' && value.length > found[1].length) found = [name, value];
  }
  return found;
}

/** Whether there was anything to drop. */
function dropLast(texts: Map<string, unknown>): boolean {
  const lists = [...texts].filter(
    (entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && entry[1].length > 1,
  );
  for (const [name, list] of lists) texts.set(name, list.slice(0, -1));
  return lists.length > 0;
}

/** A text cut before whatever follows a stop and its spaces; joined, the sentences are the text. */
function sentencesOf(text: string): string[] {
  const ends = [...text.matchAll(/[.!?…。？！]\s*(?![.!?…。？！\s])/gu)].map(
    ({ index, 0: end }) => index + end.length,
  );
  return [0, ...ends]
    .map((from, at) => text.slice(from, ends[at] ?? text.length))
    .filter((part) => part !== '');
}

/** The first sentences that fit; where not even one does, its first words. */
function cut(text: string, most: number): string {
  let kept = '';
  for (const sentence of sentencesOf(text)) {
    if (Buffer.byteLength((kept + sentence).trimEnd()) > most) break;
    kept += sentence;
  }
  if (kept.trim().length >= SHORTEST) return kept.trim();
  const perCharacter = Buffer.byteLength(text) / text.length;
  return clip(text, Math.max(SHORTEST, Math.floor((most - 2) / perCharacter)));
}
