import { expect, test } from 'vitest';
import { openMemory, type Rememberer } from './fixture.ts';

const memory = await openMemory();
const SETTINGS = '/v1/privacy/settings';

const set = (by: Rememberer, change: object) => by.call(`POST /api${SETTINGS}/`, change);

/** The levels that a session, a decision and a document get without one. */
async function levelsOf(by: Rememberer, name: string): Promise<unknown[]> {
  const texts = { title: 'A title', context: 'Slow', rationale: 'Once' };
  const made = [
    await by.call('POST /v1/sessions', { client_id: name }),
    await by.call('POST /v1/decisions', { client_id: name, ...texts }),
    await by.call('POST /v1/context/technical', { name, text: 'A text' }),
  ];
  expect(made.map(({ status }) => status)).toEqual([201, 201, 201]);
  return [...new Set(made.map(({ body }) => body['level']))];
}

test('what is made without a level has the member’s default, else the account’s, else private', async () => {
  const ada = await memory.rememberer();
  const bob = await memory.colleagueOf(ada);
  expect(await levelsOf(bob, 'a')).toEqual(['private']);
  const all = await set(ada, { account_default_level: 'organization' });
  expect([all.status, all.body]).toMatchObject([
    200,
    { account_default_level: 'organization', default_level: null },
  ]);
  expect(await levelsOf(bob, 'b')).toEqual(['organization']);
  for (const _ of ['once', 'twice'])
    expect((await set(bob, { default_level: 'private' })).body).toMatchObject({ default_level: 'private' });
  expect(await levelsOf(bob, 'c')).toEqual(['private']);
  expect(await levelsOf(ada, 'd')).toEqual(['organization']);
  expect((await ada.call(`GET ${SETTINGS}`)).body).toMatchObject({ default_level: null });
  await set(bob, { default_level: null });
  expect(await levelsOf(bob, 'e')).toEqual(['organization']);
  const said = await bob.call('POST /v1/sessions', { client_id: 'f', level: 'private' });
  expect(said.body).toMatchObject({ level: 'private' });
  // The same session again: its level stays.
  await set(bob, { default_level: 'private' });
  expect((await bob.call('POST /v1/sessions', { client_id: 'e' })).body).toMatchObject({
    level: 'organization',
  });
  const stranger = await memory.rememberer();
  expect(await levelsOf(stranger, 'g')).toEqual(['private']);
});

test('a default of a team goes with the team, and one that the plan does not grant is private', async () => {
  const ada = await memory.rememberer();
  const { body: team } = await ada.call(`POST /v1/organizations/${ada.accountId}/teams`, { name: 'Core' });
  const id = String(team['id']);
  const ofTeam = { default_level: 'team', default_team_id: id };
  expect((await set(ada, ofTeam)).status).toBe(400);
  await ada.call(`PUT /v1/organizations/${ada.accountId}/teams/${id}/members/${ada.userId}`);
  expect((await set(ada, ofTeam)).body).toMatchObject(ofTeam);
  expect((await ada.call('POST /v1/sessions', { client_id: 'a' })).body).toMatchObject({
    level: 'team',
    team_id: id,
  });
  await ada.call(`DELETE /v1/organizations/${ada.accountId}/teams/${id}`);
  expect((await ada.call(`GET ${SETTINGS}`)).body).toMatchObject({ default_level: null });
  expect(await levelsOf(ada, 'b')).toEqual(['private']);

  const free = await memory.rememberer('coditect.free');
  expect((await set(free, { default_level: 'organization' })).status).toBe(200);
  expect(await levelsOf(free, 'a')).toEqual(['private']);
});

test('a member sets their own default alone, and of a personal account there is private alone', async () => {
  const ada = await memory.rememberer();
  const [bob, eve] = [await memory.colleagueOf(ada), await memory.colleagueOf(ada, 'viewer')];
  expect((await set(bob, { account_default_level: 'organization' })).status).toBe(403);
  expect((await set(bob, { platform_statistics: true })).status).toBe(403);
  expect((await set(eve, { default_level: 'organization' })).status).toBe(403);
  const alone = await memory.personal();
  expect((await set(alone, { default_level: 'organization' })).status).toBe(400);
  expect((await set(alone, { default_level: 'private' })).status).toBe(200);
  for (const refused of [
    {},
    { default_level: 'platform' },
    { default_level: 'team' },
    { default_level: 'private', default_team_id: ada.accountId },
    { default_team_id: ada.accountId },
    { account_default_level: 'team' },
  ])
    expect((await set(ada, refused)).status, JSON.stringify(refused)).toBe(400);
});
