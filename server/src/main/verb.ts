import type { Config } from '#platform/config';
import type { Store } from '#platform/db';

/** Input of a verb; it answers the code that the process ends with, or never while it serves. */
export interface Invocation {
  readonly config: Config;
  readonly version: string;
  readonly words: readonly string[];
  /** The embedded database of a verb that serves, where it is being opened already. */
  readonly store?: Promise<Store> | undefined;
}
export type Verb = (invocation: Invocation) => Promise<number>;

/** Longer words may be keys or passwords that got into the wrong place. */
const SHOWN = 20;

/** A word of a command line, for a sentence: never more of it than its beginning, and no value after a sign. */
export function quoteWord(word: string): string {
  const [shown = ''] = /^[\w.-]*/.exec(word.replace(/^(--?)/, '$1')) ?? [];
  const whole = shown.length === word.length && word.length <= SHOWN;
  return `"${whole ? word : `${shown.slice(0, SHOWN)}…`}"`;
}

/** A verb's answer to words that it can't read: which one is wrong, and how it is used. */
export function printUsage(word: string | undefined, usage: string): number {
  const says =
    word === undefined || word === ''
      ? 'This command is not complete.'
      : `${quoteWord(word)} is not understood here.`;
  process.stderr.write(`${says}\n${usage}`);
  return 2;
}

/** A line of a command's answer. */
export const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** For verbs that take no words: a word is mostly meant as a setting. */
export function refuseWords(verb: string, [word]: readonly string[]): number | undefined {
  if (word === undefined) return undefined;
  return printUsage(
    word,
    `"plinth ${verb}" takes no words: settings are environment variables (docs/generated/config.md).\n`,
  );
}
