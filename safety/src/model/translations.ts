import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Beginnings, createBeginnings } from '../beginnings.ts';

const NOTHING: readonly never[] = [];
const LANGUAGES = ['en', 'de', 'es', 'fr'] as const;
const [, GERMAN, SPANISH, FRENCH] = LANGUAGES.keys();

const fileSchema = z.record(z.string(), z.tuple([z.string(), z.string(), z.string(), z.string()]));

/** So many of the file's first entries are the words by which a language is told: pronouns, articles, prepositions. */
const TELLING = 120;
const SHORTEST_BEGINNING = 3;
/** A word of so many letters is known with an ending of a few letters more. */
const SHORTEST_STEM = 5;
const LONGEST_ENDING = 3;
/** Each part of a compound has so many letters. */
const SHORTEST_PART = 4;

const ELIDED = /^(?:jusqu|lorsqu|puisqu|qu|[ljdmtnsc])(?=[aeiouhy])/;
const ENCLITIC = /(?:[mts]el[oa]s?|me|te|se|nos|l[aeo]s?)$/;

/** What words of four languages are in English. Languages are told by their number. */
export interface Translations {
  readonly languages: readonly string[];
  /** All words that others are translated to. */
  readonly english: readonly string[];
  /** The languages that a word tells: most tell none. */
  readonly telling: (word: string) => readonly number[];
  /** The language that most of the words are in that tell one. */
  readonly languageOf: (words: readonly { readonly tells: readonly number[] }[]) => number;
  /** English words for one of this language; none for an unlisted one. An English word is itself. */
  readonly translated: (word: string, language: number) => readonly string[];
}

interface Entries {
  readonly whole: Map<string, string[]>;
  readonly beginnings: Map<string, string[]>;
}

interface Dictionary extends Entries {
  /** Beginnings of both together. */
  readonly all: Beginnings<Entry>;
}

/** What some letters are translated to, as the beginning of a word and as a whole one. */
interface Entry {
  readonly begun: readonly string[] | undefined;
  readonly ended: readonly string[] | undefined;
}

/** `translations.json`: English words, each with other spellings of it and its translations; `word*` is a beginning. */
export function readTranslations(): Translations {
  const file = fileSchema.parse(
    JSON.parse(readFileSync(new URL('./translations.json', import.meta.url), 'utf8')),
  );
  const telling = new Map<string, Set<number>>();
  const read = LANGUAGES.map((): Entries => ({ whole: new Map(), beginnings: new Map() }));
  for (const [at, [english, languages]] of Object.entries(file).entries()) {
    if (at < TELLING) note(telling, english, 0);
    for (const [language, spellings] of languages.entries()) {
      for (const spelling of spellings.split(' ').filter((one) => one !== '')) {
        enter(read[language], spelling, english);
        if (at < TELLING) note(telling, spelling, language);
      }
    }
  }

  const entries = read.map(dictionaryOf);
  const told = new Map([...telling].map(([word, numbers]) => [word, [...numbers]]));

  function languageOf(words: readonly { readonly tells: readonly number[] }[]): number {
    const counts = LANGUAGES.map(() => 0);
    for (const { tells } of words)
      for (const language of tells) counts[language] = (counts[language] ?? 0) + 1;
    return counts.indexOf(Math.max(...counts));
  }

  function translate(word: string, language: number): readonly string[] {
    const own = entries[language];
    if (own === undefined) return NOTHING;
    if (language === 0) return own.whole.get(word) ?? [word];
    const found = findByStem(own, word);
    return found.length > 0 ? found : translateParts(own, word, language);
  }
  return {
    languages: LANGUAGES,
    english: Object.keys(file),
    telling: (word) => told.get(word) ?? NOTHING,
    languageOf,
    translated: translate,
  };
}

function note(telling: Map<string, Set<number>>, word: string, language: number): void {
  telling.set(word, (telling.get(word) ?? new Set()).add(language));
}

function enter(entries: Entries | undefined, spelling: string, english: string): void {
  if (entries === undefined) return;
  const [into, name] = spelling.endsWith('*')
    ? [entries.beginnings, spelling.slice(0, -1)]
    : [entries.whole, spelling];
  into.set(name, [...(into.get(name) ?? []), english]);
}

function dictionaryOf({ whole, beginnings }: Entries): Dictionary {
  const names = new Set([...whole.keys(), ...beginnings.keys()]);
  const entryOf = (name: string): Entry => ({ begun: beginnings.get(name), ended: whole.get(name) });
  return {
    whole,
    beginnings,
    all: createBeginnings(new Map([...names].map((name) => [name, entryOf(name)]))),
  };
}

function findByStem({ whole, all }: Dictionary, word: string): readonly string[] {
  const known = whole.get(word);
  if (known !== undefined) return known;
  for (let length = all.read(word); length >= SHORTEST_BEGINNING; length--) {
    const entry = all.valueOf(length);
    if (entry?.begun !== undefined) return entry.begun;
    if (length < SHORTEST_STEM || word.length - length > LONGEST_ENDING) continue;
    if (entry?.ended !== undefined) return entry.ended;
  }
  return NOTHING;
}

/** `lhopital` is `hopital`, `llamarte` is `llamar`, `gartenzaun` is a kind of `zaun`. */
function translateParts(entries: Dictionary, word: string, language: number): readonly string[] {
  if (language === FRENCH && ELIDED.test(word)) return findByStem(entries, word.replace(ELIDED, ''));
  if (language === SPANISH) {
    const verb = word.replace(ENCLITIC, '');
    return verb.length >= SHORTEST_PART && verb !== word ? findByStem(entries, verb) : NOTHING;
  }
  if (language !== GERMAN) return NOTHING;
  for (let at = SHORTEST_PART; at <= word.length - SHORTEST_PART; at++) {
    const last = word.slice(at);
    const found = entries.whole.get(last) ?? entries.beginnings.get(last);
    if (found !== undefined) return found;
  }
  return NOTHING;
}
