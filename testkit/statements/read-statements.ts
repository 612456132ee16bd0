import type { Statement } from '#platform/db';
import { findStatements, type FoundStatement, type Way } from './find-statements.ts';
import { otherUses, type ProgramOptions, readProgram } from './program.ts';
import { shapeOfValue } from './shapes.ts';

/** Ways through statements that are put together from parts which the compiler can't know, by what makes them. */
export type Shown = ReadonlyMap<string, readonly Way[]>;

export const shownAs = (made: readonly Pick<Statement, 'text' | 'values'>[]): Way[] =>
  made.map(({ text, values }) => ({ text, because: '', values: values.map(shapeOfValue) }));

/** Every statement of a program, with each text that it may have as far as that is known without a run; `hidden`: made in another way. */
export interface ReadStatements {
  readonly found: readonly FoundStatement[];
  readonly known: readonly FoundStatement[];
  readonly hidden: readonly string[];
  readonly texts: readonly string[];
}

export function readStatements(options: ProgramOptions, shown: Shown): ReadStatements {
  const program = readProgram(options);
  const found = findStatements(program);
  const hidden = program.files.flatMap((file) =>
    otherUses(file, program).map((line) => `${file.path}:${line}`),
  );
  program.close();
  const known = found.map((one) => {
    const ways = one.ways.flatMap((way) => {
      const made = way.text === undefined || way.values === undefined ? shown.get(one.name) : undefined;
      return made ?? [way];
    });
    return { ...one, ways };
  });
  const texts = [...new Set(known.flatMap(({ ways }) => ways.flatMap(({ text }) => text ?? [])))];
  return { found, known, hidden, texts };
}
