import { type JsonObject, isObject } from './json.ts';
import { parseJson } from './material.ts';
import { clip } from './words.ts';

/** The objects of a JSON list, as a request gives what is to be worked over; undefined for any other text. */
export function objectsIn(text: string): JsonObject[] | undefined {
  const list = text.startsWith('[') ? parseJson(text) : undefined;
  return Array.isArray(list) && list.length > 0 && list.every(isObject) ? list : undefined;
}

const BETWEEN_PARTS = 2;
const SHORTEST = 20;

/** An object whose longest texts are cut until all fit together. Sizes are in bytes, which no platform's way of counting exceeds. */
export function shortenTexts(object: JsonObject, most: number): JsonObject {
  const parts = new Map(Object.entries(object));
  for (let turn = 0; turn < parts.size * 2; turn += 1) {
    const excess = sizeOf(parts) - most;
    if (excess <= 0) break;
    const texts = [...parts].filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    const [longest] = texts.toSorted(([, one], [, other]) => other.length - one.length);
    if (longest === undefined) break;
    const [name, text] = longest;
    const bytesEach = Buffer.byteLength(text) / Math.max(1, text.length);
    parts.set(name, clip(text, Math.max(SHORTEST, Math.floor(text.length - (excess + 2) / bytesEach))));
  }
  return Object.fromEntries(parts);
}

function sizeOf(parts: ReadonlyMap<string, unknown>): number {
  const texts = [...parts.values()].map((value) => (Array.isArray(value) ? value.join(' ') : value));
  const said = texts.filter((text) => typeof text === 'string' && text !== '');
  return said.reduce((sum: number, text) => sum + Buffer.byteLength(String(text)) + BETWEEN_PARTS, 0);
}
