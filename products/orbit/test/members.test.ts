import { describe, expect, test } from 'vitest';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { fixtureOf, type Guest, outcomeOf } from '../../../test/organizations/fixture.ts';
import { testApp } from '@plinth/testkit/services/app';
import { orbitFixture } from './fixture.ts';

// A user has at most one workspace on the free plan, as outside of tests.
const fixture = await orbitFixture({ settings: { FREE_ACCOUNTS_PER_USER: '1' } });
const beside = await testApp({ beside: fixture, settings: { FREE_ACCOUNTS_PER_USER: '1' } });
const { accept, call, guest, invite, signIn, tokensTo } = fixtureOf(fixture);
const other = fixtureOf(beside);

/** A user who has no organization yet. */
async function newcomer(): Promise<Guest> {
  const { userId, email, password } = await fixture.person();
  return { userId, email, token: await signIn(email, password) };
}

/** A workspace that a user has just made, by its path as an organization. */
async function workspaceOf(owner: Guest, name = 'Ada & Co'): Promise<string> {
  const made = await call(owner.token, 'POST /v1/workspaces', { name });
  return `/v1/organizations/${String(made.body['id'])}`;
}

/** Six people with an invitation each. */
async function inviteSix(path: string, owner: Guest): Promise<{ guest: Guest; token: string }[]> {
  const guests = await Promise.all(Array.from({ length: 6 }, () => guest()));
  for (const { email } of guests) expect((await invite(path, owner, { email })).status).toBe(201);
  return Promise.all(
    guests.map(async (one) => ({ guest: one, token: (await tokensTo(one.email))[0] ?? '' })),
  );
}

const membersOf = async (path: string, owner: Guest) =>
  (await call(owner.token, `GET ${path}/members?limit=100`)).body['data'] as unknown[];

describe('a free workspace', () => {
  test('of six who accept at once at two processes takes one, and invites nobody more', async () => {
    const owner = await newcomer();
    const path = await workspaceOf(owner);
    const all = await inviteSix(path, owner);
    const replies = await Promise.all(
      all.map(({ guest: one, token }, n) => (n % 2 === 0 ? accept : other.accept)(one, token)),
    );
    expect(replies.map(outcomeOf).toSorted()).toEqual([
      '200',
      ...Array.from({ length: 5 }, () => '429 limit_exceeded'),
    ]);
    expect(await membersOf(path, owner)).toHaveLength(2);
    expect(refusalOf(await invite(path, owner, { email: 'late@example.net' }))).toMatchObject({
      code: 'limit_exceeded',
      details: { limit: 'members', used: 2, max: 2, upgrade: 'orbit.pro' },
    });
  });

  test('that has no plan, as its owner has a free one already, has no more members than that', async () => {
    const owner = await newcomer();
    await workspaceOf(owner);
    const path = await workspaceOf(owner, 'A second one');
    const all = await inviteSix(path, owner);
    const replies = await Promise.all(all.map(({ guest: one, token }) => accept(one, token)));
    expect(replies.map(outcomeOf).toSorted()).toEqual([
      '200',
      ...Array.from({ length: 5 }, () => '429 limit_exceeded'),
    ]);
    expect(await membersOf(path, owner)).toHaveLength(2);
  });
});
