import { readdirSync, readFileSync } from 'node:fs';
import { SAFETY_KINDS } from './kinds.ts';
import { z } from 'zod';
import { type Choice, createAutomaton, type Step } from './automaton.ts';
import { wordsOf } from './fold.ts';
import type { Automaton } from './matcher.ts';

export const LANGUAGES = ['en', 'es', 'de', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

const patterns = z.array(z.string().min(1)).min(1);
const id = z.string().regex(/^[a-z]+(_[a-z]+)*$/);

const fileSchema = z.strictObject({
  language: z.enum(LANGUAGES),
  /** Words and phrases that stand for each other: `@want` in a pattern. */
  classes: z.record(id, patterns),
  rules: z.array(
    z.strictObject({
      id,
      kind: z.enum(SAFETY_KINDS),
      status: z.enum(['crisis', 'caution', 'concern']),
      /** Other rules that are found inside of it are about the same: what was long ago, or is another's. Always so of `concern`. */
      covers: z.boolean().optional(),
      patterns,
    }),
  ),
  /** What alone says nothing and together says enough: the heaviest of each group counts. */
  signals: z.array(z.strictObject({ id, group: id, weight: z.int().min(1).max(4), patterns })),
  /** Negations, idioms, other people: they undo each rule that is found inside of them. */
  exceptions: z.array(z.strictObject({ id, patterns })),
  /** Sentences about films, books and songs undo what is found in them. */
  fiction: patterns,
  /** A character, a writer or a song as the one who speaks: with fiction beside, what stands in the same clause is theirs. */
  narration: patterns,
  /** Words in the first person. */
  first_person: patterns,
  /** What no model's reply may say. */
  reply: z.array(z.strictObject({ id, patterns })),
  /** What of it is no harm, inside of these: `never`. */
  reply_exceptions: z.array(z.string()),
  /** Words that are read with one wrong letter, too: no other word of the language is so near. */
  typing_errors: z.array(z.string().min(5)),
});

type File = z.infer<typeof fileSchema>;

interface NamedMeaning<Of> {
  readonly of: Of;
  readonly id: string;
  readonly language: Language;
  /** The same in all languages. */
  readonly fact: string;
}

/** What a hit in a text means. */
export type Meaning =
  | (NamedMeaning<'rule'> & {
      readonly kind: File['rules'][number]['kind'];
      readonly status: File['rules'][number]['status'];
      readonly covers: boolean;
    })
  | (NamedMeaning<'signal'> & { readonly group: string; readonly weight: number })
  | NamedMeaning<'exception' | 'fiction' | 'narration' | 'first_person' | 'reply'>;

/** Patterns of all languages, which people mix, and what each means by the owner of its hits. */
export interface Patterns {
  readonly automaton: Automaton;
  readonly meanings: readonly Meaning[];
}

export interface Rules {
  /** For what people write. */
  readonly text: Patterns;
  /** For what models reply. */
  readonly reply: Patterns;
  readonly typingErrors: readonly string[];
}

/** Reads the files of `rules/`. Throws for a file that is not as the schema says, or an undeclared class. */
export function readRules(): Rules {
  const folder = new URL('./rules/', import.meta.url);
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => fileSchema.parse(JSON.parse(readFileSync(new URL(name, folder), 'utf8'))));
  return compileRules(files);
}

export function compileRules(files: readonly File[]): Rules {
  return {
    text: patternsOf(files, textRules),
    reply: patternsOf(files, replyRules),
    typingErrors: files.flatMap(({ typing_errors }) => typing_errors),
  };
}

type MeaningTable = readonly (readonly [Meaning, readonly string[]])[];

function patternsOf(files: readonly File[], rulesOf: (file: File) => MeaningTable): Patterns {
  const meanings: Meaning[] = [];
  const found: { owner: number; steps: readonly Step[] }[] = [];
  for (const file of files) {
    const read = patternReader(file);
    for (const [meaning, texts] of rulesOf(file)) {
      const owner = meanings.push(meaning) - 1;
      for (const text of texts) found.push({ owner, steps: read(text) });
    }
  }
  return { automaton: createAutomaton(found), meanings };
}

function nameMeaning<Of extends Meaning['of']>(language: Language, of: Of, name: string): NamedMeaning<Of> {
  return { of, id: `${language}.${name}`, language, fact: `${of} ${name}` };
}

function textRules({ language, ...file }: File): MeaningTable {
  return [
    ...file.rules.map(
      ({ id: name, kind, status, covers = status === 'concern', patterns: texts }) =>
        [{ ...nameMeaning(language, 'rule', name), kind, status, covers }, texts] as const,
    ),
    ...file.signals.map(
      ({ id: name, group, weight, patterns: texts }) =>
        [{ ...nameMeaning(language, 'signal', name), group, weight }, texts] as const,
    ),
    ...file.exceptions.map(
      ({ id: name, patterns: texts }) => [nameMeaning(language, 'exception', name), texts] as const,
    ),
    [nameMeaning(language, 'fiction', 'fiction'), file.fiction],
    [nameMeaning(language, 'narration', 'narration'), file.narration],
    [nameMeaning(language, 'first_person', 'first_person'), file.first_person],
  ];
}

function replyRules({ language, reply, reply_exceptions: exceptions }: File): MeaningTable {
  return [
    ...reply.map(
      ({ id: name, patterns: texts }) => [nameMeaning(language, 'reply', `reply.${name}`), texts] as const,
    ),
    [nameMeaning(language, 'exception', 'reply.exception'), exceptions],
  ];
}

/**
 * A pattern is a row of words: `a|b` is one of both, `@name` one of a class, `word*` any that begins so, `?` behind means perhaps,
 * `~3` up to three words of any kind, `_` joins the words of a phrase within an alternative.
 */
export function patternReader({
  classes,
  language,
}: Pick<File, 'classes' | 'language'>): (text: string) => Step[] {
  // Each is made once, and is the same object wherever it stands: classes are large, and stand in hundreds of patterns.
  const ofClass = new Map<string, Choice>();
  const ofItem = new Map<string, Choice>();

  function memoized(made: Map<string, Choice>, name: string, entriesOf: () => readonly string[]): Choice {
    const known = made.get(name);
    if (known !== undefined) return known;
    const choice = choiceOf(entriesOf());
    made.set(name, choice);
    return choice;
  }

  function classOf(name: string): Choice {
    return memoized(ofClass, name, () => {
      const entries = classes[name];
      if (entries === undefined) throw new Error(`rules of ${language}: no class @${name}`);
      return entries;
    });
  }

  function choiceOf(entries: readonly string[]): Choice {
    const [only = ''] = entries;
    if (entries.length === 1 && only.startsWith('@') && !only.includes(' ')) return classOf(only.slice(1));
    const words = new Set<string>();
    const phrases: Step[][] = [];
    for (const entry of entries) {
      const text = entry.includes(' ') ? entry : entry.replaceAll('_', ' ');
      if (entry.startsWith('@') && !text.includes(' ')) {
        const inner = classOf(entry.slice(1));
        for (const word of inner.words) words.add(word);
        for (const phrase of inner.phrases) phrases.push([...phrase]);
      } else if (text.includes(' ')) phrases.push(read(text));
      else {
        for (const spelling of spellings(text)) {
          const [word, ...more] = spelling;
          if (word === undefined) throw new Error(`rules of ${language}: ${entry} has no letters`);
          if (more.length === 0) words.add(word);
          else
            phrases.push(
              spelling.map((part) => ({ choice: { words: [part], phrases: [] }, optional: false })),
            );
        }
      }
    }
    return { words: [...words], phrases };
  }

  function read(text: string): Step[] {
    return text.split(/ +/).map((item): Step => {
      if (item.startsWith('~')) return { upTo: Number(item.slice(1)) };
      const optional = item.endsWith('?');
      const said = optional ? item.slice(0, -1) : item;
      return { choice: memoized(ofItem, said, () => said.split('|')), optional };
    });
  }
  return read;
}

/** Written in one way, and read as it stands. */
const PLAIN_WORD = /^[a-z0-9]+\*?$/;

/** How a word is written: `können` also without the dots, and as `koennen`. */
function spellings(text: string): string[][] {
  if (PLAIN_WORD.test(text)) return [[text]];
  const beginning = text.endsWith('*');
  const ways = [text, text.replaceAll('ä', 'ae').replaceAll('ö', 'oe').replaceAll('ü', 'ue')];
  const folded = ways.map((way) => {
    const words = wordsOf(beginning ? way.slice(0, -1) : way);
    return words.map((word, at) => (beginning && at === words.length - 1 ? `${word}*` : word));
  });
  return [...new Map(folded.map((words) => [words.join(' '), words])).values()];
}
