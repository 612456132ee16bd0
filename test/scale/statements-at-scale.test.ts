import { beforeAll, describe, expect, test } from 'vitest';
import { describeStatements, engine, testDatabase } from '@plinth/testkit/services';
import { LIES, readStatements } from '../statements/read-statements.ts';
import { type Household } from '@plinth/testkit/walkers/people';
import { makePoints } from '../walkers/background.ts';
import { makeHousehold, walkedApp } from '../walkers/household.ts';
import { FEW_ROWS, MORE_VISITED, MOST_EXCEPTIONS, MOST_VISITED } from './exceptions.ts';
import { type Admin, adminAt, copyRows, ROWS } from './rows.ts';
import { type Text, type Visit, walkStatements } from './walk.ts';

const TIMEOUT = 900_000;

/** PostgreSQL's statistics of tables whose rows are those of one other account, in the order in which they are set. */
const STATISTICS: Readonly<Record<string, readonly string[]>> = {
  'one other account': [],
  'no account': [
    'delete from pg_statistic',
    `update pg_class set reltuples = -1, relpages = 0, relallvisible = 0 where relkind in ('r', 'i')`,
  ],
};

const ownerOf = ({ organization, owner }: Household) => ({ account: organization, user: owner.userId });

/** One engine alone: both make PostgreSQL's plans. */
describe.runIf(engine === 'postgres')(
  'every statement of the program, for an account that the statistics do not know',
  () => {
    let few: readonly string[] = [];
    let texts: readonly Text[] = [];
    let walk: (statistics: string) => Promise<readonly Visit[]>;

    beforeAll(async () => {
      // Reading the program holds the event loop for longer than a lease lasts.
      const { known } = await readStatements((await testDatabase()).db);
      const app = await walkedApp({ work: false });
      const { url } = app.database;
      const admin: Admin = adminAt(url);
      const other = ownerOf(await makeHousehold(app, ['member']));
      const mine = ownerOf(await makeHousehold(app, ['member']));
      await makePoints(app);
      await copyRows(admin, other, 2 * ROWS);
      await admin('analyze');
      const counts = await copyRows(admin, mine, ROWS);
      few = [...counts].flatMap(([name, rows]) => (rows < ROWS / 3 ? [name] : []));
      texts = await describeTexts(
        url,
        known.filter(({ name }) => !name.startsWith(LIES)),
      );
      walk = async (statistics) => {
        await admin('select 1', ...(STATISTICS[statistics] ?? []));
        return walkStatements(url, texts, mine);
      };
    }, TIMEOUT);

    test('has rows to visit in each table', () => {
      expect(few.filter((name) => !FEW_ROWS.includes(name))).toEqual([]);
      expect(texts.length).toBeGreaterThan(1_000);
    });

    test.each(Object.keys(STATISTICS))(
      'but %s, visits rows in proportion to what it has',
      { timeout: TIMEOUT },
      async (name) => {
        const visits = await walk(name);
        expect(visits.length).toBeGreaterThan(1_000);
        const badly = visits.filter(({ visited }) => visited === undefined || visited > MOST_VISITED);
        const says = badly.flatMap((visit) =>
          visit.name in MORE_VISITED ? [] : [`${visit.name} (${visit.how}): ${visit.visited}`],
        );
        expect(says).toEqual([]);
      },
    );

    test('has a list of exceptions that only shrinks', () => {
      expect(Object.keys(MORE_VISITED).length).toBeLessThanOrEqual(MOST_EXCEPTIONS);
    });
  },
);

async function describeTexts(
  url: string,
  known: readonly {
    readonly name: string;
    readonly ways: readonly { readonly text: string | undefined }[];
  }[],
): Promise<readonly Text[]> {
  const named = new Map(known.flatMap(({ name, ways }) => ways.map(({ text }) => [text, name] as const)));
  const found = [...named].flatMap(([text, name]) => (text === undefined ? [] : [{ name, text }]));
  const described = await describeStatements(
    url,
    found.map(({ text }) => text),
  );
  return found.map((one, place) => ({ ...one, parameters: described[place]?.parameters ?? [] }));
}
