import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { type Description, describeStatements, engine, testDatabase } from '@plinth/testkit/services';
import { columnObjections, parameterObjections } from './statements/objections.ts';
import { DRIVER_TYPES } from './statements/drivers.ts';
import { EXCEPTIONS, FILLED, MOST_EXCEPTIONS } from './statements/exceptions.ts';
import type { FoundStatement } from './statements/find-statements.ts';
import { readStatements } from './statements/read-statements.ts';
import { crosses, SHARD_TABLES, type ShardTable, STATEMENTS, TABLES } from './statements/shards.ts';
import { EXPECTED, NAMES } from './statements/wrong-statements.ts';
import { LIES } from './statements/program.ts';
import { kindOfValue } from './statements/shapes.ts';

const { db, url } = await testDatabase();

interface NamedStatement {
  readonly at: string;
  readonly name: string;
}

const NULLABLE = `
  select a.attrelid::oid || '.' || a.attnum as at, a.attname as name
    from pg_attribute a join pg_class c on c.oid = a.attrelid
   where not a.attnotnull and a.attnum > 0 and c.relkind in ('r', 'p') and a.attrelid::regclass || '.' || a.attname <> all ($1)`;

/** What of a statement differs from the database, as \`file maker:line: column: what\`. */
async function findDifferences() {
  const { found, known, hidden, texts, shown } = await readStatements(db);
  const answers = await describeStatements(url, texts);
  const rows = await db.asMigrator(statement<NamedStatement>(NULLABLE, [FILLED.map(({ column }) => column)]));
  const nullable = new Map(rows.map(({ at, name }) => [at, name]));
  const described = new Map(texts.map((text, place) => [text, answers[place]]));
  const objections = known.flatMap((one) => [...new Set(objectionsTo(one, { described, nullable }))]);
  return { found, known, hidden, texts, objections, examples: shown };
}

function objectionsTo(
  one: FoundStatement,
  by: {
    readonly described: ReadonlyMap<string, Description | undefined>;
    readonly nullable: ReadonlyMap<string, string>;
  },
): string[] {
  const at = `${one.name}:${one.line}:`;
  return one.ways.flatMap((way) => {
    if (way.text === undefined) return [`${at} its text is known to a run alone`];
    const described = by.described.get(way.text);
    if (described === undefined || described.error !== undefined) return [`${at} ${described?.error}`];
    const columns =
      one.row === undefined ? [] : columnObjections(one.row, way, { described, nullable: by.nullable });
    return [...columns, ...parameterObjections(way.values, described)].map((says) => `${at} ${says}`);
  });
}

const findException = (line: string) => EXCEPTIONS.find(({ name }) => line.startsWith(`${name}:`));

/** On one engine: the texts are the same on both, and PGlite describes no tables. */
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
    expect([...(all?.examples.keys() ?? [])].filter((name) => !names.has(name))).toEqual([]);
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
