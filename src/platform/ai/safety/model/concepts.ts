import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { LANGUAGES } from '../rules.ts';

const fileSchema = z.record(z.string(), z.record(z.enum(LANGUAGES), z.string()));

const SHORTEST_BEGINNING = 2;
/** French runs these into the word behind them: `lhopital`. */
const ELIDED = /^(?:qu|[ljdmtnsc])(?=[aeiouhy])/;

/** What each word of a text is about, by number: nothing, or one of the concepts or more. */
export type ConceptReader = (words: readonly string[]) => readonly (readonly number[])[];

/**
 * Words of four languages that are about the same, so that what is learnt in one language counts in all: `word*` is a beginning,
 * `_` joins words of a phrase.
 */
export function readConcepts(): ConceptReader {
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

  function named(word: string): number[] {
    const found = [...(whole.get(word) ?? [])];
    for (let length = SHORTEST_BEGINNING; length <= word.length; length++)
      found.push(...(beginnings.get(word.slice(0, length)) ?? []));
    return found;
  }

  const kept = new Map<string, readonly number[]>();

  function ofWord(word: string): readonly number[] {
    const known = kept.get(word);
    if (known !== undefined) return known;
    if (kept.size >= MOST_KEPT) kept.clear();
    const direct = named(word);
    const found = [...new Set(direct.length > 0 ? direct : named(word.replace(ELIDED, '')))];
    kept.set(word, found);
    return found;
  }

  const phrases = phrasesOf(whole);

  function ofPhrases(words: readonly string[], at: number): number[] {
    const found: number[] = [];
    let node = phrases.get(words[at] ?? '');
    for (let next = at + 1; node !== undefined && next < words.length; next++) {
      node = node.next.get(words[next] ?? '');
      if (node !== undefined) found.push(...node.concepts);
    }
    return found;
  }

  return (words) =>
    words.map((word, at) => {
      if (word === '') return NONE;
      const more = ofPhrases(words, at);
      return more.length === 0 ? ofWord(word) : [...new Set([...ofWord(word), ...more])];
    });
}

const NONE: readonly number[] = [];
/** Words that are remembered. */
const MOST_KEPT = 20_000;

/** What phrases that begin with a word go on with. */
interface Phrases {
  readonly next: Map<string, Phrases>;
  readonly concepts: number[];
}

function phrasesOf(whole: ReadonlyMap<string, readonly number[]>): ReadonlyMap<string, Phrases> {
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
