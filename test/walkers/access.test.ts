import { describe, expect, test } from 'vitest';
import type { Route } from '#platform/http';
import { CALLERS } from '../../server/src/main/access-matrix.ts';
import { allRoutes } from '../../server/src/app.ts';
import { disagreements } from '@plinth/testkit/walkers/access/disagreements';
import { openWalkerFixture } from './household.ts';

/** Who may call what: each route's declaration, computed for every caller, and really called (docs/generated/access.md). */

const fixture = await openWalkerFixture();
const routes = fixture.mounted.flatMap((module) => module.routes);

/** Some thousand calls, on a machine that does other things besides. */
const LONG = { timeout: 600_000 };

describe('the access matrix', LONG, () => {
  test('is what every route really answers to every caller', async () => {
    expect(await disagreements(routes, fixture)).toEqual([]);
    process.stdout.write(
      `access: ${routes.length} routes × ${Object.keys(CALLERS).length} callers, no exceptions\n`,
    );
  });

  test('asks for no scope that a key can’t be given', async () => {
    const asked = new Set(routes.flatMap(({ shape }) => shape.scope ?? []));
    const body = {
      name: 'a key',
      scopes: [...asked].filter((scope) => scope !== 'session' && scope !== 'any'),
    };
    const { app, me } = fixture;
    expect(await app.call(me.key, 'POST /v1/api-keys', { body })).toMatchObject({ status: 201 });
  });

  test('is of all routes', () => {
    expect(namesOf(routes)).toEqual(namesOf(allRoutes()));
  });
});

const namesOf = (all: readonly Route[]) => new Set(all.map(({ name }) => name));

/** A route as it is, that declares something else of itself. */
function misdeclare(name: string, shape: Partial<Route['shape']>): Route[] {
  return routes
    .filter((route) => route.name === name)
    .map((route) => ({ ...route, shape: { ...route.shape, ...shape } }));
}

describe('a route that does not do as it declares is noticed', LONG, () => {
  test.each([
    {
      what: 'may: too much',
      name: 'GET /v1/account',
      shape: { may: 'member' },
      says: 'a viewer of the account is let in',
    },
    {
      what: 'may: too little',
      name: 'PATCH /v1/account',
      shape: { may: 'admin' },
      says: 'an admin of the account is refused with 403',
    },
    {
      what: 'auth',
      name: 'GET /v1/jobs',
      shape: { auth: 'none' },
      says: 'nobody: no credential is refused with 401',
    },
    {
      what: 'scope',
      name: 'GET /v1/account',
      shape: { scope: 'session' },
      says: 'an owner’s key with the scope',
    },
    {
      what: 'within',
      name: 'PATCH /v1/organizations/:id',
      shape: { within: 'owner' },
      says: 'an admin of the account is let in',
    },
    {
      what: 'onBehalf',
      name: 'GET /v1/jobs',
      shape: { onBehalf: true },
      says: 'which names the account is refused with 404',
    },
    { what: 'holds', name: 'GET /v1/jobs', shape: { holds: 'personal' }, says: 'an owner is let in' },
  ] as const)('$what', async ({ name, shape, says }) => {
    expect((await disagreements(misdeclare(name, shape), fixture)).join('\n')).toContain(says);
  });
});
