import { isForMembers, type Route, takesProductKey } from '#platform/http';
import { dereference } from '../../openapi.ts';
import type { Database } from '#platform/db';
import type { IdsByColumn } from '../calls.ts';
import {
  type Furnishings,
  type Household,
  idsOf,
  makeHousehold,
  makePerson,
  type Person,
  workedOff,
} from '../people.ts';
import type { OpenApi, WalkerFixture } from '../rules/rule.ts';
import type { WalkedApp } from '../walked-app.ts';
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
  readonly unfiltered: WalkedApp;
  /** Another one like it, which has read nothing behind row security yet: data keys stay in memory for seconds. */
  readonly unsecured: WalkedApp;
  readonly seen: SeenStatements;
}

interface TenantsOptions {
  readonly furnishings: Furnishings;
  /** Starts a second program on the same database, which sees it as said. */
  readonly openBeside: (over: (db: Database) => Database) => Promise<WalkedApp>;
}

export async function makeTenants(
  app: WalkedApp,
  { furnishings, openBeside }: TenantsOptions,
): Promise<Tenants> {
  // First: what jobs do for it is done when mine is made.
  const other = await makeHousehold(app, ['admin', 'member', 'viewer'], furnishings);
  const household = await makeHousehold(app, ['admin', 'member', 'viewer'], furnishings);
  // What they used is summed up now, and not in the middle of a walk.
  await app.app.modules.reports.rollup.roll();
  // What the payment provider never told is looked for and fetched now: a worker that does so by its schedule would change another’s rows
  // in a walk.
  await app.app.modules.inbox.reconcile();
  await workedOff(app);
  const seen = nothingSeen();
  const startUnfiltered = () => openBeside((db) => withoutFilters(db, seen));
  const unfiltered = await startUnfiltered();
  const [myIds, theirIds] = [
    await idsOf(app.db, household, { furnishings }),
    await idsOf(app.db, other, { furnishings }),
  ];
  const shared = new Set([...myIds.values()].flat());
  const mine: WalkerFixture = {
    app,
    furnishings,
    url: app.url,
    db: app.db,
    mounted: app.app.modules.mounted,
    document: dereference(app.app.server.openApi() as OpenApi),
    admin: await makePerson(app, { role: 'admin' }),
    me: household.owner,
    household,
    refused: {},
    // The route suite tries all ids that a call may be about.
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
