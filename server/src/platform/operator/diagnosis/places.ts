import type { Config } from '#platform/config';

const HIDDEN = '…';
/** Texts that look like a place: an address, a path of a file system (of this API's paths none), an IP address, the name of a host. */
const PLACES = [
  /\b[a-z][a-z\d+.-]*:\/\/[^\s,;)"']+/gi,
  /(?<![\w.])\.{0,2}\/(?!v1\/|readyz\b|docs\b|metrics\b)[^\s,;:)"']+/g,
  /\b[a-z]:\\[^\s,;)"']+/gi,
  /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?![\d.])/g,
  /\[[\da-f:]+\](?::\d+)?/gi,
  /\b(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+(?!(?:md|json|csv|env|ts|js)\b)[a-z]{2,}\b(?::\d+)?/gi,
] as const;

/** The folders, and the hosts without a dot, that the settings name: nothing in their form says what they are. */
export function placesOf({ values, dataDir }: Pick<Config, 'values' | 'dataDir'>): readonly string[] {
  const texts = Object.values(values).flatMap((value) => (typeof value === 'string' ? [value] : []));
  const hosts = texts.flatMap((text) =>
    [...text.matchAll(/:\/\/(?:[^\s/@"]*@)?([\w.-]+)/g)].map(([, host = '']) => host),
  );
  const paths = texts.filter((text) => /^(?:\.{0,2}[/\\]|[a-z]:\\)/i.test(text));
  return [dataDir, ...paths, ...hosts]
    .filter((place) => place.length > 1)
    .toSorted((a, b) => b.length - a.length);
}

/** A sentence without the places that it names. */
export function withoutPlaces(says: string, places: readonly string[]): string {
  const known = places.reduce((text, place) => replaceWord(text, place), says);
  const hidden = PLACES.reduce((text, pattern) => text.replaceAll(pattern, HIDDEN), known);
  return hidden.replaceAll(/…+(?::\d+)?/g, HIDDEN);
}

const replaceWord = (text: string, word: string): string =>
  text.replaceAll(
    new RegExp(`(?<![\\w-])${word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}(?![\\w-])`, 'g'),
    HIDDEN,
  );
