import { expect, test } from 'vitest';
import { prismFixture, THOUGHT, WORDS } from './fixture.ts';

const { somebody } = await prismFixture();

const replyIn = (body: unknown) => (body as { reply: { content: string } }).reply.content;

test('a thought is turned, listed, rated and deleted', async () => {
  const me = await somebody();
  const made = await me.turn();
  expect(made.status, JSON.stringify(made.body)).toBe(200);
  expect(made.body).toMatchObject({
    original: THOUGHT,
    turn: expect.any(String),
    question: expect.any(String),
    style: 'gentle',
    safety: { status: 'ok', kinds: [] },
    support: null,
  });
  const id = String(made.body['id']);
  const rated = await me.post(`/v1/turns/${id}/feedback`, { helpful: true, note: 'Just so.' });
  expect(rated.body).toMatchObject({ id, helpful: true, feedback: 'Just so.' });
  expect((await me.get('/v1/turns')).body['data']).toMatchObject([{ id, helpful: true }]);
  expect((await me.remove(`/v1/turns/${id}`)).body).toEqual({ ok: true });
  expect((await me.get('/v1/turns')).body['data']).toEqual([]);
  expect((await me.remove(`/v1/turns/${id}`)).status).toBe(404);
  expect((await me.post(`/v1/turns/${id}/feedback`, { helpful: true })).status).toBe(404);
});

test('a message has its reply, as JSON and as a stream alike', async () => {
  const me = await somebody();
  const [one, other] = [await me.session(), await me.session()];
  const said = await me.say(one);
  expect(said.status, JSON.stringify(said.body)).toBe(200);
  const events = await (await me.hear(other)).rest();
  expect(events[0]).toMatchObject({ event: 'safety', data: { status: 'ok', kinds: [] } });
  const done = events.at(-1);
  expect(done?.event).toBe('done');
  expect(replyIn(done?.data)).toBe(replyIn(said.body));
  const words = events.filter(({ event }) => event === 'words').map(({ data }) => String(data['text']));
  expect(words.join('').trim()).toBe(replyIn(said.body));
  const whole = await me.get(`/v1/mirror/sessions/${one}`);
  expect(whole.body['messages']).toMatchObject([
    { role: 'user', content: WORDS, status: 'answered' },
    { role: 'mirror', content: replyIn(said.body), status: 'whole' },
  ]);
});

test('a session is closed with a summary, once', async () => {
  const me = await somebody();
  const id = await me.session();
  await me.say(id);
  const closed = await me.post(`/v1/mirror/sessions/${id}/close`);
  expect(closed.status, JSON.stringify(closed.body)).toBe(200);
  expect(closed.body).toMatchObject({ status: 'closed', summary: expect.any(String) });
  const again = await me.post(`/v1/mirror/sessions/${id}/close`);
  expect(again.body['summary']).toBe(closed.body['summary']);
  expect((await me.say(id)).status).toBe(409);
});

test('what says nothing is refused, and control characters are no part of what is said', async () => {
  const me = await somebody();
  const session = await me.session();
  for (const nothing of [' \u3000\u2028', '\u200b\u200d', '\u0001\u0002', '\u0301', '\u202e\u202c'])
    for (const refused of [
      await me.turn(nothing),
      await me.say(session, nothing),
      await me.post('/v1/lens/goals', { title: nothing }),
      await me.patch('/v1/profile', { display_name: nothing }),
    ])
      expect(refused.status, JSON.stringify(nothing)).toBe(400);
  const said = await me.say(session, ' I am\u0007 torn.\r\n\u0001\tSo is she. ');
  expect(said.body['message']).toMatchObject({ content: 'I am torn.\n\tSo is she.' });
});

test('the profile is what was said, with the account’s time zone', async () => {
  const me = await somebody();
  expect((await me.get('/v1/profile')).body).toMatchObject({
    display_name: null,
    time_zone: 'UTC',
    version: 1,
  });
  const changed = await me.patch('/v1/profile', {
    display_name: 'Ada',
    time_zone: 'Europe/Berlin',
    consents: { research: true },
  });
  expect(changed.status, JSON.stringify(changed.body)).toBe(200);
  expect(changed.body).toMatchObject({
    display_name: 'Ada',
    time_zone: 'Europe/Berlin',
    consents: { insights: true, research: true },
  });
  expect((await me.get('/v1/account')).body['time_zone']).toBe('Europe/Berlin');
});
