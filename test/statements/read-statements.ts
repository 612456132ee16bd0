import type { Database } from '#platform/db';
import { examples } from './examples.ts';
import { findStatements } from './find-statements.ts';
import { otherUses, readProgram } from './program.ts';

/** Every statement of the program, with each text that it may have as far as that is known without a run; `hidden`: made in another way. */
export async function readStatements(db: Database) {
  const program = readProgram();
  const found = findStatements(program);
  const hidden = program.files.flatMap((file) =>
    otherUses(file, program).map((line) => `${file.path}:${line}`),
  );
  program.close();
  const shown = await examples(db);
  const known = found.map((one) => {
    const ways = one.ways.flatMap((way) => {
      const made = way.text === undefined || way.values === undefined ? shown.get(one.name) : undefined;
      return made ?? [way];
    });
    return { ...one, ways };
  });
  const texts = [...new Set(known.flatMap(({ ways }) => ways.flatMap(({ text }) => text ?? [])))];
  return { found, known, hidden, texts, shown };
}
