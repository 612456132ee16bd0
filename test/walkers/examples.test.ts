import { expect, test } from 'vitest';
import { exampleFiles, readExamples } from '#platform/http';
import { allRoutes } from '../../server/src/app.ts';
import { RECORD } from './examples/examples-text.ts';
import { recordExamples } from './examples/record-examples.ts';
import { openWalkerFixture } from './household.ts';

const recording = process.env['RECORD_EXAMPLES'];

// `npm run generate -- --examples` asks for it. There is no such test otherwise: a skipped one is one that CI did not run.
if (recording !== undefined)
  test('examples are recorded', { timeout: 900_000 }, async () => {
    const { problems, kept } = await recordExamples(await openWalkerFixture(), recording === 'all');
    process.stdout.write(`written by hand, for no walker is answered so:\n  ${kept.join('\n  ')}\n`);
    expect(problems).toEqual([]);
  });

test('every recorded example is of a call that there is, and that has none of its own', () => {
  const recorded = [...exampleFiles().values()].flatMap((file) => Object.keys(readExamples(file)));
  const without = new Set(
    allRoutes().flatMap(({ name, shape }): string[] => (shape.example === undefined ? [name] : [])),
  );
  expect(
    recorded.filter((name) => !without.has(name as never)),
    RECORD,
  ).toEqual([]);
});
