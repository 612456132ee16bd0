import { isForMembers, type Route, takesProductKey } from '#platform/http';
import { dereference } from '@plinth/testkit/openapi';
import { type TestApp, testApp } from '@plinth/testkit/services/app';
import type { IdsByColumn } from '../calls.ts';
import {
  type Household,
  idsOf,
  makeHousehold,
  makePerson,
  type Person,
  walkedApp,
  walkedSettings,
  workedOff,
} from '../people.ts';
import type { OpenApi, WalkerFixture } from '../rules/rule.ts';
import { nothingSeen, type SeenStatements, withoutFilters } from './filters.ts';

type Roles = 'admin' | 'member' | 'viewer';

/** Two tenants with like data in one database, the program there, and a second one whose statements filter nothing. */
export interface Tenants {
  /** Calls as my household; `household` is mine. */
  readonly mine: WalkerFixture;
  /** Calls as me, with what is the other household's. */
  readonly foreign: WalkerFixture;
  readonly myIds: IdsByColumn;
  /** What is in rows of the other household and in none of mine: in no answer to me. */
  readonly marks: readonly string[];
  readonly other: Household<Roles>;
  /** The calls that are made for one account or user. */
  readonly routes: readonly Route[];
  readonly unfiltered: TestApp;
  /** Another one like it, which has read nothing behind row security yet: data keys stay in memory for seconds. */
  readonly unsecured: TestApp;
  readonly seen: SeenStatements;
}

export async function makeTenants(): Promise<Tenants> {
  const app = await walkedApp({ work: false });
  // First: what jobs do for it is done when mine is made.
  const other = await makeHousehold(app, ['admin', 'member', 'viewer']);
  const household = await makeHousehold(app, ['admin', 'member', 'viewer']);
  // What they used is summed up now, and not in the middle of a walk.
  await app.app.modules.reports.rollup.roll();
  // What the payment provider never told is looked for and fetched now: a worker that does so by its schedule would change another’s rows
  // in a walk.
  await app.app.modules.inbox.reconcile();
  await workedOff(app);
  const seen = nothingSeen();
  const startUnfiltered = async () =>
    testApp({
      work: false,
      settings: await walkedSettings(),
      beside: app,
      over: (db) => withoutFilters(db, seen),
    });
  const unfiltered = await startUnfiltered();
  const [myIds, theirIds] = [await idsOf(app.db, household), await idsOf(app.db, other)];
  const shared = new Set([...myIds.values()].flat());
  const mine: WalkerFixture = {
    app,
    url: app.url,
    db: app.db,
    mounted: app.app.modules.mounted,
    document: dereference(app.app.server.openApi() as OpenApi),
    admin: await makePerson(app, { role: 'admin' }),
    me: household.owner,
    household,
    refused: {},
    // The route suite tries all ids there are.
    rowsOfEach: 10,
  };
  return {
    mine,
    // Behind one layer the ids of two rows that a call may be about, and of some columns that it is not about, say as much.
    foreign: { ...mine, household: other, rowsOfEach: 2, otherColumns: 12 },
    myIds,
    marks: [
      ...new Set([...theirIds.values()].flat().filter((id) => !shared.has(id))),
      ...peopleOf(other).map(({ email }) => email),
    ],
    other,
    routes: mine.mounted
      .flatMap(({ routes }) => routes)
      .filter((route) => isForMembers(route) || takesProductKey(route) || route.shape.auth === 'user'),
    unfiltered,
    unsecured: await startUnfiltered(),
    seen,
  };
}

/** Everybody in a household. */
export function peopleOf({ owner, others }: Household): Person[] {
  return [owner, ...Object.values<Person>(others)];
}
