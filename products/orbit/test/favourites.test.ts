import { expect, test } from 'vitest';
import { type Colleague, orbitFixture } from './fixture.ts';

const here = await orbitFixture({ work: false });

const mark = (by: Colleague, scopeId: string) => by.post('/v1/favourites', { scope_id: scopeId });
async function listFavourites(by: Colleague, query = ''): Promise<string[]> {
  const { body } = await by.get(`/v1/favourites${query}`);
  return (body['data'] as readonly { readonly scope_id: string }[]).map(({ scope_id }) => scope_id);
}

test('favourites are each person’s own: marked once however often, listed last first, and taken out', async () => {
  const { member, admin, scope } = await here.workspace();
  const [one, two] = [await scope(0), await scope(0)];
  await mark(member, one);
  await mark(member, two);
  const again = await Promise.all([mark(member, one), mark(member, one), mark(member, one)]);
  expect(again.map(({ status }) => status)).toEqual([201, 201, 201]);
  expect(await listFavourites(member)).toEqual([two, one]);
  expect(await listFavourites(admin)).toEqual([]);
  const { body } = await member.get('/v1/favourites?limit=1');
  expect(await listFavourites(member, `?limit=1&cursor=${String(body['next_cursor'])}`)).toEqual([one]);
  expect((await member.remove(`/v1/favourites/${one}`)).status).toBe(200);
  expect((await member.remove(`/v1/favourites/${one}`)).status).toBe(200);
  expect(await listFavourites(member)).toEqual([two]);
});

test('a scope in the trash is no favourite until it is restored, and can’t be marked', async () => {
  const { member, scope } = await here.workspace();
  const id = await scope(0);
  await mark(member, id);
  await member.remove(`/v1/scopes/${id}`);
  expect(await listFavourites(member)).toEqual([]);
  expect((await mark(member, id)).status).toBe(404);
  await member.post(`/v1/scopes/${id}/restore`);
  expect(await listFavourites(member)).toEqual([id]);
});

test('another workspace’s scope is 404; a viewer marks nothing; another workspace_id is refused', async () => {
  const { viewer, member, scope } = await here.workspace();
  const id = await scope(0);
  const stranger = await here.stranger();
  expect((await mark(stranger, id)).status).toBe(404);
  expect((await mark(viewer, id)).status).toBe(403);
  expect(await listFavourites(viewer)).toEqual([]);
  expect((await member.get(`/v1/favourites?workspace_id=${stranger.by.accountId}`)).status).toBe(400);
});
