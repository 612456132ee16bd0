import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { describeStatements, engine, testDatabase } from '@plinth/testkit/services';
import { differences, nullableColumns } from '@plinth/testkit/statements/differences';
import { DRIVER_TYPES } from '@plinth/testkit/statements/drivers';
import { kindOfValue } from '@plinth/testkit/statements/shapes';
import { EXCEPTIONS, FILLED, MOST_EXCEPTIONS } from './statements/exceptions.ts';
import { LIES, readStatements } from './statements/read-statements.ts';
import { crosses, SHARD_TABLES, type ShardTable, STATEMENTS, TABLES } from './statements/shards.ts';
import { EXPECTED, NAMES } from './statements/wrong-statements.ts';

const { db, url } = await testDatabase();

async function findDifferences() {
  const read = await readStatements(db);
  const answers = await describeStatements(url, read.texts);
  const nullable = await nullableColumns(
    db,
    FILLED.map(({ column }) => column),
  );
  return { ...read, objections: differences(read, answers, nullable) };
}

const findException = (line: string) => EXCEPTIONS.find(({ name }) => line.startsWith(`${name}:`));

/** On one engine: the texts are the same on both. */
describe.runIf(engine === 'postgres')('every statement of the program', async () => {
  const all = engine === 'postgres' ? await findDifferences() : undefined;
  const objections = all?.objections ?? [];
  const ofLies = objections.filter((line) => line.startsWith(LIES));

  test('has the columns and the parameters that its types say', () => {
    expect(objections.filter((line) => !ofLies.includes(line) && findException(line) === undefined)).toEqual(
      [],
    );
  });

  test('is found: nobody makes one but by a call of statement()', () => {
    expect(all?.hidden).toEqual([]);
    expect(all?.texts.length).toBeGreaterThan(500);
  });

  test('that is excepted still needs it, and there are no more than there were', () => {
    const needed = new Set(objections.map((line) => findException(line)));
    expect(EXCEPTIONS.filter((exception) => !needed.has(exception))).toEqual([]);
    expect(EXCEPTIONS.length).toBeLessThanOrEqual(MOST_EXCEPTIONS);
  });

  test('reads the rows of one account, or has a plan for a database on several servers', async () => {
    const tables = await db.asMigrator(statement<ShardTable>(SHARD_TABLES));
    const planned = Object.values(TABLES).flat();
    const unfit = tables.filter(({ isSpread }) => !isSpread).map(({ name }) => name);
    expect(unfit.filter((name) => !planned.includes(name))).toEqual([]);
    const spread = tables.map(({ name }) => name).filter((name) => !planned.includes(name));
    const crossing = (all?.known ?? []).filter(
      ({ name, ways }) =>
        !name.startsWith(LIES) && ways.some(({ text }) => text !== undefined && crosses(text, spread)),
    );
    const names = [...new Set(crossing.map(({ name }) => name))].sort();
    expect(names).toEqual(Object.values(STATEMENTS).flat().sort());
  });

  test('that is shown by examples is made somewhere', () => {
    const names = new Set(all?.found.map(({ name }) => name));
    expect([...(all?.shown.keys() ?? [])].filter((name) => !names.has(name))).toEqual([]);
  });

  test('that lies is told of, and how', () => {
    const told = ofLies.map((line) => line.replace(/^\S+ (\w+):\d+: /, '$1: '));
    expect(told.sort()).toEqual([...EXPECTED].sort());
    const seen = all?.found.filter(({ name }) => name.startsWith(LIES));
    expect(seen).toHaveLength(NAMES.length);
  });
});

describe('a driver', () => {
  test.each(DRIVER_TYPES)('reads $name as the table of types says', async ({ read, sample }) => {
    const [row] = await db.asMigrator(statement<{ value: unknown }>(`select ${sample} as value`));
    if (read !== undefined) expect(kindOfValue(row?.value)).toBe(read);
  });
});
