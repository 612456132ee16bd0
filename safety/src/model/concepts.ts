import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { createBeginnings } from '../beginnings.ts';
import { LANGUAGES } from '../rules.ts';

const fileSchema = z.record(z.string(), z.record(z.enum(LANGUAGES), z.string()));

const NOTHING: readonly number[] = [];
const SHORTEST_BEGINNING = 2;
/** French runs these into the word behind them: `lhopital`. */
const ELIDED = /^(?:qu|[ljdmtnsc])(?=[aeiouhy])/;

/** What words are about, by number: nothing, or one of the concepts or more. */
export interface Concepts {
  ofWord(word: string): readonly number[];
  /** The phrases that begin with the word, if there are any. */
  phrasesOf(word: string): Phrases | undefined;
}

/** What the phrases that begin alike go on with, and what those are about that end here. */
export interface Phrases {
  readonly next: Map<string, Phrases>;
  readonly concepts: number[];
}

/**
 * Words of four languages that are about the same, so that what is learnt in one language counts in all: `word*` is a beginning,
 * `_` joins words of a phrase.
 */
export function readConcepts(): Concepts {
  const file = fileSchema.parse(
    JSON.parse(readFileSync(new URL('./concepts.json', import.meta.url), 'utf8')),
  );
  const whole = new Map<string, number[]>();
  const beginnings = new Map<string, number[]>();
  for (const [concept, languages] of Object.values(file).entries()) {
    for (const entry of Object.values(languages).flatMap((words) => words.split(' '))) {
      const [into, name] = entry.endsWith('*') ? [beginnings, entry.slice(0, -1)] : [whole, entry];
      into.set(name, [...new Set([...(into.get(name) ?? []), concept])]);
    }
  }
  const begun = createBeginnings(beginnings);

  function conceptsOf(word: string): readonly number[] {
    let found: readonly number[] = whole.get(word) ?? NOTHING;
    const longest = begun.read(word);
    for (let length = SHORTEST_BEGINNING; length <= longest; length++) {
      const more = begun.valueOf(length);
      if (more !== undefined) found = [...found, ...more];
    }
    return found.length > 1 ? [...new Set(found)] : found;
  }

  const phrases = phrasesIn(whole);
  return {
    ofWord(word) {
      const direct = conceptsOf(word);
      return direct.length > 0 || !ELIDED.test(word) ? direct : conceptsOf(word.replace(ELIDED, ''));
    },
    phrasesOf: (word) => phrases.get(word),
  };
}

function phrasesIn(whole: ReadonlyMap<string, readonly number[]>): ReadonlyMap<string, Phrases> {
  const root: Phrases = { next: new Map(), concepts: [] };
  for (const [name, concepts] of whole) {
    if (!name.includes('_')) continue;
    let node = root;
    for (const word of name.split('_')) {
      const known = node.next.get(word) ?? { next: new Map(), concepts: [] };
      node.next.set(word, known);
      node = known;
    }
    node.concepts.push(...concepts);
  }
  return root.next;
}
