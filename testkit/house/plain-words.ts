import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { HOUSES } from './config.ts';
import { lineAt, ROOT } from './source.ts';

/** Words of a sentence in which no subject acts. `^` stands before a comment's first words. */
const KINDS = {
  indefinite: /\b(?:nobody|somebody|whatever|whoever)\b|^\^Of\b/i,
  question: /^\^(?:What|Who)\b/,
} as const;
export type Kind = keyof typeof KINDS;
/** Any of them, anywhere: other files need not be parsed. */
const ANY = /\b(?:nobody|somebody|whatever|whoever)\b|[/*-]\s*(?:Of|What|Who)\b/i;

const FOLDERS = 'bench,console,create,deploy,docs,products,safety,sandboxes,scripts,sdk,server,test,testkit';
/** Published migrations are never edited. */
const LEFT_OUT = /(?:^|[/\\])(?:node_modules|dist|migrations)$/;
const PACKAGE = /^(?:products\/)?[^/]+/;

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Comments of a file. In SQL a `--` counts outside of quotes alone. */
function commentsOf(path: string, text: string): readonly Span[] {
  if (!path.endsWith('.sql')) return parseSync(path, text).comments;
  return [...text.matchAll(/'[^']*'|--.*/g)].flatMap(({ 0: { length }, index: start }) =>
    text[start] === '-' ? [{ start, end: start + length }] : [],
  );
}

/** Lines of a file whose comments are of a kind. Code in backticks does not count, as the name of a user `nobody`. */
export function plainWordsIn(path: string, text: string, kind: Kind): number[] {
  let until = -1;
  return commentsOf(path, text).flatMap(({ start, end }) => {
    const goesOn = /^\n[ \t]*$/.test(text.slice(until, start));
    until = text.startsWith('/*', start) ? -1 : end;
    const lines = text.slice(start, end).split('\n');
    const words = lines.map((line) => line.replace(/^[ \t]*(?:\/\*+|\*+\/?|\/\/|--)[ \t]*/, ''));
    const opening = goesOn ? -1 : words.findIndex((line) => line !== '');
    return words.flatMap((line, index) => {
      const said = (index === opening ? '^' : '') + line.replaceAll(/`[^`]*`/g, '');
      return KINDS[kind].test(said) ? [lineAt(text, start) + index] : [];
    });
  });
}

/** Objects to the words of the house in a folder, of all houses without one: to a count above that of `house.json`, and to one below it until that is lowered. */
export function wordObjections(folder?: string): string[] {
  const counts = plainWordCounts(folder);
  const listed = HOUSES.filter((house) => folder === undefined || house.folder === folder);
  const names = new Set([...counts.keys(), ...listed.map((house) => house.folder)]);
  return [...names].flatMap((name) =>
    plainWordObjections(name, counts.get(name), listed.find((house) => house.folder === name)?.plainWords),
  );
}

/** How many lines of each kind the comments of each package have. */
function plainWordCounts(folder: string | undefined): ReadonlyMap<string, Counts> {
  const counts = new Map<string, Record<Kind, number>>();
  for (const path of sourcePaths()) {
    const [name = ''] = PACKAGE.exec(path) ?? [];
    if (folder !== undefined && name !== folder) continue;
    const text = readFileSync(join(ROOT, path), 'utf8');
    if (!ANY.test(text)) continue;
    const own = counts.get(name) ?? { indefinite: 0, question: 0 };
    for (const kind of ['indefinite', 'question'] as const)
      own[kind] += plainWordsIn(path, text, kind).length;
    counts.set(name, own);
  }
  return counts;
}

function sourcePaths(): string[] {
  return globSync(`{${FOLDERS}}/**/*.{js,sql,ts,tsx}`, { cwd: ROOT, exclude: (name) => LEFT_OUT.test(name) })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.includes('.generated.'));
}

type Counts = Partial<Readonly<Record<Kind, number | undefined>>>;

/** The list only shrinks: a count below it is an objection, too. */
export function plainWordObjections(name: string, counts: Counts = {}, listed: Counts = {}): string[] {
  return (['indefinite', 'question'] as const).flatMap((kind) => {
    const [count, most] = [counts[kind] ?? 0, listed[kind] ?? 0];
    if (count === most) return [];
    return count > most
      ? [
          `${name}: ${count} lines (${kind}), ${most} are listed. Name who acts in the comments that you wrote.`,
        ]
      : [`${name}: ${count} lines (${kind}). Lower the entry of ${name}/house.json, which is ${most}.`];
  });
}
