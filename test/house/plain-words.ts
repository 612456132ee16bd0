import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
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

/** How many lines of each kind the comments of each package have. */
export function plainWordCounts(): Record<Kind, Record<string, number>> {
  const counts: Record<Kind, Record<string, number>> = { indefinite: {}, question: {} };
  for (const path of sourcePaths()) {
    const text = readFileSync(join(ROOT, path), 'utf8');
    if (!ANY.test(text)) continue;
    const [name = ''] = PACKAGE.exec(path) ?? [];
    for (const kind of ['indefinite', 'question'] as const) {
      const { length } = plainWordsIn(path, text, kind);
      if (length > 0) counts[kind][name] = (counts[kind][name] ?? 0) + length;
    }
  }
  return counts;
}

function sourcePaths(): string[] {
  return globSync(`{${FOLDERS}}/**/*.{js,sql,ts,tsx}`, { cwd: ROOT, exclude: (name) => LEFT_OUT.test(name) })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.includes('.generated.'));
}

/** A count above its entry is an objection, and so is one below, until the entry is lowered: the list only shrinks. */
export function plainWordObjections(
  counts: Readonly<Record<string, number>>,
  listed: Readonly<Record<string, number>>,
): string[] {
  return [...new Set([...Object.keys(counts), ...Object.keys(listed)])].flatMap((name) => {
    const [count, most] = [counts[name] ?? 0, listed[name] ?? 0];
    if (count === most) return [];
    return count > most
      ? [`${name}: ${count} lines, ${most} are listed. Name who acts in the comments that you wrote.`]
      : [`${name}: ${count} lines. Lower its entry in test/house/plain-words.json, which is ${most}.`];
  });
}
