import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { statement } from '#platform/db';
import type { Once } from '#platform/http';
import { AppError } from '#platform/kernel';
import { createPeople, ORIGIN, type Person } from '@plinth/testkit/people';
import { assertWithin } from '@plinth/testkit/property';
import { testDatabase } from '@plinth/testkit/services';

const { db } = await testDatabase();
const world = createPeople(db);
const { teams, members } = world.accounts;
const ALL = { after: undefined, limit: 100 };

/** The first one owns the organization; the others come and go. */
let people: Person[] = [];
beforeAll(async () => {
  people = await Promise.all(Array.from({ length: 5 }, () => world.person()));
});

function person(index: number): Person {
  const one = people[index];
  if (one === undefined) throw new Error('there is nobody');
  return one;
}

/** What a plain model keeps: who is a member, and of each team its name and people. */
interface Model {
  readonly members: readonly number[];
  readonly teams: Readonly<Record<string, Team>>;
}
interface Team {
  readonly name: string;
  readonly people: readonly number[];
}

const wish = fc.record({
  does: fc.constantFrom('create', 'rename', 'delete', 'add', 'add', 'take out', 'leave', 'join'),
  name: fc.constantFrom('a', 'A', 'b', 'c'),
  team: fc.nat({ max: 3 }),
  whom: fc.integer({ min: 1, max: 4 }),
});

interface Deed {
  readonly does: string;
  readonly name: string;
  /** The team that it is about, of which there may be no more; that of a new one comes with its answer. */
  readonly id: string;
  readonly whom: number;
}
interface DoneDeed extends Deed {
  /** `ok`, or the code of the error. */
  readonly answered: string;
}

const once: Once = (point, effect, within) => {
  if (within === undefined || !('account' in within)) throw new Error('a team is of an account');
  return db.tenant(within.account, point, effect);
};

/** Does it as the owner, or as who leaves or comes; answers the id of a new team. */
async function attempt(organization: Person['accountId'], { does, name, id, whom }: Deed): Promise<unknown> {
  const { userId, caller } = person(whom);
  const request = { caller: person(0).caller, organization, origin: ORIGIN, once };
  if (does === 'create') return (await teams.create(request, name)).body.id;
  if (does === 'rename') return teams.rename(request, id, name);
  if (does === 'delete') return teams.remove(request, id);
  if (does === 'add') return teams.addMember(request, id, userId);
  if (does === 'take out') return teams.removeMember(request, id, userId);
  if (does === 'leave') return members.remove({ ...request, caller }, userId);
  const join = `insert into accounts.members (account_id, user_id, role) values ($1, $2, 'member') on conflict do nothing`;
  await db.asMigrator(statement(join, [organization, userId]));
  return db.signal('accounts.changed', organization);
}

async function attemptBoth(
  organization: Person['accountId'],
  deeds: readonly Deed[],
): Promise<readonly DoneDeed[]> {
  const outcomes = await Promise.allSettled(deeds.map((one) => attempt(organization, one)));
  return deeds.map((one, index) => {
    const outcome = outcomes[index];
    const made = outcome?.status === 'fulfilled' ? outcome.value : world.ids.next();
    const id = one.does === 'create' ? String(made) : one.id;
    if (outcome?.status === 'fulfilled') return { ...one, id, answered: 'ok' };
    if (!(outcome?.reason instanceof AppError)) throw outcome?.reason;
    return { ...one, id, answered: outcome.reason.code };
  });
}

/** What a deed makes of the model, and its answer. */
function follow(
  model: Model,
  { does, name, id, whom }: Deed,
): { readonly model: Model; readonly says: string } {
  const refuse = (says: string) => ({ model, says });
  const change = (by: Partial<Model>) => ({ model: { ...model, ...by }, says: 'ok' });
  const isMember = model.members.includes(whom);
  if (does === 'join')
    return change({ members: [...without(model.members, whom), whom].toSorted((a, b) => a - b) });
  if (does === 'leave') return isMember ? change(leave(model, whom)) : refuse('not_found');
  const { [id]: team, ...others } = model.teams;
  const put = (by: Team) => change({ teams: { ...others, [id]: by } });
  const isTaken = Object.values(others).some((other) => other.name.toLowerCase() === name.toLowerCase());
  if (does === 'create') return isTaken ? refuse('team_name_taken') : put({ name, people: [] });
  if (team === undefined) return refuse('not_found');
  const rest = without(team.people, whom);
  if (does === 'rename') return isTaken ? refuse('team_name_taken') : put({ ...team, name });
  if (does === 'delete') return change({ teams: others });
  if (does === 'add') return isMember ? put({ ...team, people: [...rest, whom] }) : refuse('not_found');
  return team.people.includes(whom) ? put({ ...team, people: rest }) : refuse('not_found');
}

const without = (all: readonly number[], whom: number) => all.filter((one) => one !== whom);

function leave(model: Model, whom: number): Model {
  const left = Object.entries(model.teams).map(
    ([id, team]) => [id, { ...team, people: without(team.people, whom) }] as const,
  );
  return { members: without(model.members, whom), teams: Object.fromEntries(left) };
}

/** The model after these deeds in this order; undefined where it would have answered otherwise. */
function followAll(model: Model, deeds: readonly DoneDeed[]): Model | undefined {
  let last = model;
  for (const one of deeds) {
    const next = follow(last, one);
    if (next.says !== one.answered) return undefined;
    last = next.model;
  }
  return last;
}

/** All that the calls show, by the ids of teams and people. */
async function readAll(organization: Person['accountId']): Promise<object> {
  const request = { caller: person(0).caller, organization, origin: ORIGIN };
  const { data } = await teams.list(request, ALL);
  const each = data.map(async ({ id, name, member_count }) => {
    const { members: found } = await teams.get(request, id, ALL);
    return [id, { name, member_count, people: found.map(({ user_id }) => user_id) }] as const;
  });
  return Object.fromEntries(await Promise.all(each));
}

function toShow({ teams: all }: Model): object {
  const each = Object.entries(all).map(([id, { name, people: those }]) => {
    const ids = those.map((index) => person(index).userId);
    return [id, { name, member_count: ids.length, people: ids.toSorted() }] as const;
  });
  return Object.fromEntries(each);
}

const distinct = (models: readonly Model[]): Model[] => [
  ...new Map(models.map((model) => [JSON.stringify(model), model])).values(),
];

test('teams are what a plain model says, whatever two people do at once', async () => {
  await assertWithin(
    fc.asyncProperty(fc.array(fc.tuple(wish, wish), { minLength: 3, maxLength: 12 }), async (pairs) => {
      const organization = await world.organization(person(0));
      await world.join(organization, person(1), 'member');
      await world.join(organization, person(2), 'member');
      let models: readonly Model[] = [{ members: [0, 1, 2], teams: {} }];
      const made: string[] = [];
      for (const pair of pairs) {
        const deeds = pair.map((one) => ({ ...one, id: made[one.team % made.length] ?? world.ids.next() }));
        const done = await attemptBoth(organization, deeds);
        made.push(...done.flatMap(({ does, id }) => (does === 'create' ? [id] : [])));
        const seen = await readAll(organization);
        // Either came first; where both orders answer the same, the search goes on with both.
        const orders = [done, done.toReversed()];
        const after = models.flatMap((model) => orders.flatMap((order) => followAll(model, order) ?? []));
        models = distinct(after.filter((model) => isDeepStrictEqual(toShow(model), seen)));
        expect({ done, seen, after: models.length > 0 ? [] : after }).toMatchObject({ after: [] });
      }
    }),
    { numRuns: 20, within: 20_000 },
  );
});
