import { expect, test } from 'vitest';
import { openFiles } from './fixture.ts';

const files = await openFiles();

test('a file is for those who may read its session, from the commit on that says who they are', async () => {
  const ada = await files.rememberer();
  const bob = await files.colleagueOf(ada, 'admin');
  const stranger = await files.rememberer();
  const session = await ada.session('s');
  const other = await ada.session('t', { level: 'organization' });
  const id = await files.store(ada, session, 'the ibis');
  const path = `/v1/sessions/${session}/files`;
  const asBob = async () => [
    (await bob.call(`GET ${path}`)).status,
    (await files.read(bob, session, id)).status,
    (await bob.call(`DELETE ${path}/${id}`)).status,
    (await files.send(bob, session, 'the otter', { id: 'f-2' })).status,
  ];
  const setLevel = async (to: object) =>
    expect((await ada.call(`PATCH /v1/sessions/${session}`, to)).status).toBe(200);
  const READER = [200, 200, 403, 403];
  const NOBODY = [404, 404, 404, 404];

  expect(await asBob()).toEqual(NOBODY);
  await setLevel({ level: 'organization' });
  expect(await asBob()).toEqual(READER);
  expect((await files.read(stranger, session, id)).status).toBe(404);
  expect((await files.read(bob, other, id)).status).toBe(404);
  await setLevel({ level: 'private' });
  expect(await asBob()).toEqual(NOBODY);

  const teams = `/v1/organizations/${ada.accountId}/teams`;
  const { body: team } = await ada.call(`POST ${teams}`, { name: 'Research' });
  for (const { userId } of [ada, bob]) await ada.call(`PUT ${teams}/${String(team['id'])}/members/${userId}`);
  await setLevel({ level: 'team', team_id: team['id'] });
  expect(await asBob()).toEqual(READER);
  await ada.call(`DELETE ${teams}/${String(team['id'])}/members/${bob.userId}`);
  expect(await asBob()).toEqual(NOBODY);
  expect((await files.read(ada, session, id)).text).toBe('the ibis');

  await ada.call(`DELETE /v1/sessions/${session}`);
  expect((await files.read(ada, session, id)).status).toBe(404);
  await files.sweep();
  expect(files.lying()).toEqual([]);
  expect(await files.used(ada)).toEqual({ memory_bytes: 0, memory_sessions: 1 });
});

test('an archive of the account neither lists nor links what a member keeps private', async () => {
  const ada = await files.rememberer();
  const id = await files.store(ada, await ada.session('s'), 'the ibis');
  const links: unknown[] = [];
  for await (const link of files.app.modules.blobs.linksOf(ada.accountId)) links.push(link);
  expect([id.length, links]).toEqual([36, []]);
});
