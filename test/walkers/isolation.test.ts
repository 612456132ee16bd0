import { beforeAll, describe, expect, test } from 'vitest';
import { allSystemUses } from '../../server/src/app/lists.ts';
import { testApp } from '@plinth/testkit/services/app';
import { answers } from '@plinth/testkit/walkers/rules/effects';
import { foreign } from '@plinth/testkit/walkers/rules/access';
import { EXCEPTIONS } from './exceptions.ts';
import { furnishingsOf, walkedApp, walkedSettings } from './household.ts';
import { MOST_EXCEPTIONS, UNSTEADY, UNTOUCHED, WIDER } from './isolation/exceptions.ts';
import { removeFilter } from '@plinth/testkit/walkers/isolation/filters';
import { differences, readAll, routesOf, findTelling } from '@plinth/testkit/walkers/isolation/reads';
import { setRowSecurity } from '@plinth/testkit/walkers/isolation/row-security';
import { rowReader } from '@plinth/testkit/walkers/isolation/rows';
import { makeTenants } from '@plinth/testkit/walkers/isolation/tenants';
import { whileStill } from '@plinth/testkit/walkers/isolation/while-still';
import { visitAll } from '@plinth/testkit/walkers/isolation/visit-all';

/** The two layers of isolation between tenants, each alone (docs/tenancy.md): the filters of our statements, and row security. */

const app = await walkedApp({ work: false });
const settings = await walkedSettings();
const tenants = await makeTenants(app, {
  furnishings: furnishingsOf(app),
  openBeside: (over) => testApp({ work: false, settings, beside: app, over }),
});
const { mine, marks, seen } = tenants;
const readRows = await rowReader(mine.db, tenants.other);
const routeNames = (list: readonly { route: string }[]) => new Set(list.map(({ route }) => route));

const except = EXCEPTIONS.filter(({ rule }) => rule === 'answers').map(({ route }) => route);

const CHANGED = 'PATCH /v1/drafts/:id';
/** Some thousand calls, on a machine that does other things besides. */
const LONG = { timeout: 600_000 };

const { both, twice, secured, filtered, neither } = await whileStill(mine.db, async () => {
  const readings = {
    both: await readAll(tenants, mine.url),
    twice: await readAll(tenants, mine.url),
    secured: await readAll(tenants, tenants.unfiltered.url),
  };
  await setRowSecurity(mine.db, false);
  return {
    ...readings,
    filtered: await readAll(tenants, mine.url),
    neither: await readAll(tenants, tenants.unsecured.url),
  };
});

describe('reading', () => {
  test('answers the same twice, so that readings can be compared', () => {
    expect(routesOf(differences(twice, both))).toEqual(routeNames(UNSTEADY));
  });

  test.each([
    ['both layers', twice, []],
    ['row security alone', secured, WIDER],
    ['filters alone', filtered, []],
  ])('behind %s shows what is the caller’s, and nothing of another', (_layers, readings, wider) => {
    expect(findTelling(readings, marks)).toEqual([]);
    const changed = routesOf(differences(both, readings));
    expect(changed).toEqual(routeNames([...UNSTEADY, ...wider]));
  });

  test('behind neither shows what is another’s: taking a layer away really takes it away', () => {
    const told = routesOf(findTelling(neither, marks));
    const changed = routesOf(differences(both, neither));
    const lists = tenants.routes.filter(({ method, path }) => method === 'GET' && !path.includes(':'));
    expect(told.size).toBeGreaterThan(10);
    const untouched = lists.filter(({ name }) => !told.has(name) && !changed.has(name));
    // A new call that reads nothing of its account is listed in isolation/exceptions.ts, with the reason.
    expect(routeNames(untouched.map(({ name }) => ({ route: name })))).toEqual(routeNames(UNTOUCHED));
  });
});

describe.each([
  { alone: 'row security', url: tenants.unfiltered.url, on: true },
  { alone: 'filters', url: mine.url, on: false },
])('behind $alone alone, every route', LONG, ({ url, on }) => {
  beforeAll(() => setRowSecurity(mine.db, on));

  test('is 404 for every id of another in path, query and body, tells nothing of theirs and changes no row', async () => {
    const fixture = { ...tenants.foreign, url };
    expect(await visitAll(tenants, { rule: foreign, fixture, readRows })).toEqual([]);
  });

  test('answers an authorized caller, tells nothing of another account and changes none of its rows', async () => {
    const fixture = { ...mine, url };
    expect(await visitAll(tenants, { rule: answers, fixture, readRows, except })).toEqual([]);
  });
});

describe('behind neither', LONG, () => {
  beforeAll(() => setRowSecurity(mine.db, false));

  test('ids of another are answered, and their rows changed', async () => {
    // The ids that are meant are enough where all that is shown is that some are answered.
    const fixture = { ...tenants.foreign, url: tenants.unfiltered.url, otherColumns: 0 };
    const routes = tenants.routes.filter(({ method, name }) => method === 'GET' || name === CHANGED);
    const found = await visitAll({ ...tenants, routes }, { rule: foreign, fixture, readRows });
    expect(routesOf(found.filter((says) => says.includes('another’s id:'))).size).toBeGreaterThan(5);
    expect(found).toContain(`${CHANGED}: changes another’s rows of reel.drafts`);
  });
});

describe('statements', () => {
  test('lose their filter in every form, and nothing else', () => {
    expect([...seen.kept]).toEqual([]);
    expect(seen.opened.size).toBeGreaterThan(40);
  });

  test.each([
    ['select 1 from t where account_id = $1', 'select 1 from t where ($1::uuid is not null or true)'],
    ['where (d."account_id" = $2::uuid and id = $1)', 'where (($2::uuid is not null or true) and id = $1)'],
    [
      'on a.account_id = b.account_id and a.account_id = $1',
      'on a.account_id = b.account_id and ($1::uuid is not null or true)',
    ],
    ['where account_id = app.account()', 'where true'],
    [
      'update t set account_id = $1, n = $2 where id = $3',
      'update t set account_id = $1, n = $2 where id = $3',
    ],
    ['where user_id = $1 and account_id = $12', 'where user_id = $1 and ($12::uuid is not null or true)'],
  ])('%s', (text, opened) => {
    expect(removeFilter(text, 'tenant')).toBe(opened);
  });

  test('of the system keep theirs: each use is listed with its reason, and all are counted', () => {
    const reasons = allSystemUses();
    const uses = [...seen.system].map(([use, texts]) => `  ${use} (${texts.size}): ${reasons[use]}`);
    const exceptions = [...UNSTEADY, ...WIDER, ...UNTOUCHED];
    const lines = exceptions.map(({ route, because }) => `  ${route}: ${because}`);
    process.stdout.write(
      `${tenants.routes.length} routes, ${both.size} readings; statements of tenants: ${seen.opened.size} without their filter, ` +
        `${seen.plain.size} that have none; of the system, not bound by row security:\n${uses.sort().join('\n')}\n` +
        `excepted:\n${lines.join('\n')}\n`,
    );
    expect(exceptions.length).toBeLessThanOrEqual(MOST_EXCEPTIONS);
    expect(seen.system.size).toBeLessThanOrEqual(36);
  });
});
