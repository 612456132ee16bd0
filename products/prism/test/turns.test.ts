import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { expect, test } from 'vitest';
import { prismFixture, THOUGHT } from './fixture.ts';

const { somebody } = await prismFixture();
const idsOf = ({ body }: { readonly body: Readonly<Record<string, unknown>> }) =>
  (body['data'] as { readonly id: string }[]).map(({ id }) => id);

test('a turn is another side of a thought; turns are listed newest first, page by page', async () => {
  const me = await somebody();
  const [first, second] = [await me.turn(), await me.turn('My letters are never answered.')];
  expect(first).toMatchObject({
    status: 200,
    body: { original: THOUGHT, turn: expect.stringMatching(/\S/), helpful: null, safety: { status: 'ok' } },
  });
  const page = await me.get('/v1/turns?limit=1');
  expect(idsOf(page)).toEqual([second.body['id']]);
  const next = await me.get(`/v1/turns?limit=1&cursor=${String(page.body['next_cursor'])}`);
  expect(idsOf(next)).toEqual([first.body['id']]);
});

test('a turn is rated and deleted by its person alone', async () => {
  const [me, other] = [await somebody(), await somebody()];
  const { body } = await me.turn();
  const path = `/v1/turns/${String(body['id'])}`;
  expect((await other.post(`${path}/feedback`, { helpful: true })).status).toBe(404);
  expect((await other.remove(path)).status).toBe(404);
  expect((await me.post(`${path}/feedback`, { helpful: false })).body).toMatchObject({ helpful: false });
  expect(idsOf(await other.get('/v1/turns'))).toEqual([]);
  expect((await me.remove(path)).status).toBe(200);
  expect(idsOf(await me.get('/v1/turns'))).toEqual([]);
  expect(refusalOf(await me.post(`${path}/feedback`, { helpful: true })).code).toBe('not_found');
});
