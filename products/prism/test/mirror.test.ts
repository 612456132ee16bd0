import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { refusalOf, waitFor } from '@plinth/testkit/fixtures/calls';
import { advance } from '@plinth/testkit/factories';
import type { Prism } from '../service.ts';
import { type Person, prismFixture, WORDS } from './fixture.ts';

const app = await prismFixture();
const { count, db, sandbox, somebody } = app;
const { limits } = app.app.modules;

interface Message {
  readonly role: string;
  readonly content: string;
  readonly status: string;
}

async function messagesOf(me: Person, session: string): Promise<Message[]> {
  const { body } = await me.get(`/v1/mirror/sessions/${session}`);
  return body['messages'] as Message[];
}

/** A person from whose messages no job draws fragments, at an unknown moment. */
async function createWithoutInsights(plan?: string): Promise<Person> {
  const me = await somebody(...(plan === undefined ? [] : [plan]));
  await me.patch('/v1/profile', { consents: { insights: false } });
  return me;
}

/** Fragments of a session, once the job of each message has drawn them. */
async function waitForFragments(me: Person, session: string): Promise<unknown[]> {
  await waitFor(async () => (await count(me.by, 'prism.mirror_messages', `drawing = 'due'`)) === 0);
  const { body } = await me.get(`/v1/mirror/sessions/${session}`);
  return body['fragments'] as unknown[];
}

describe('messages of a session', () => {
  test('that come at once are answered one after the other, each whole', async () => {
    const me = await createWithoutInsights();
    const session = await me.session();
    sandbox.setLatency(30);
    const before = sandbox.bill().length;
    const told = ['first', 'second', 'third'].map((word) => `The ${word} thing is my garden.`);
    const answers = await Promise.all(told.map((content) => me.say(session, content)));
    sandbox.setLatency(0);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const messages = await messagesOf(me, session);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'mirror', 'user', 'mirror', 'user', 'mirror']);
    expect(messages.map(({ status }) => status)).toEqual([
      'answered',
      'whole',
      'answered',
      'whole',
      'answered',
      'whole',
    ]);
    // Each reply stands behind its own message.
    for (const { body } of answers) {
      const { message, reply } = body as { message: Message; reply: Message };
      const at = messages.findIndex(({ content }) => content === message.content);
      expect(messages[at + 1]?.content).toBe(reply.content);
    }
    const settled = `feature = 'mirror_message' and state = 'settled'`;
    await expect.poll(() => count(me.by, 'limits.permits', settled)).toBe(3);
    // Each is told of those before it, replies included.
    const [first = 0, second = 0, third = 0] = sandbox
      .bill()
      .slice(before)
      .map(({ prompt_tokens }) => prompt_tokens);
    expect(second).toBeGreaterThan(first + 10);
    expect(third).toBeGreaterThan(second + 10);
  });

  test('do not wait without end: a fifth that would wait is told so', async () => {
    const me = await createWithoutInsights();
    const session = await me.session();
    sandbox.setLatency(200);
    const answers = await Promise.all(Array.from({ length: 8 }, () => me.say(session)));
    sandbox.setLatency(0);
    const busy = answers.filter(({ status }) => status !== 200);
    expect(busy.length).toBeGreaterThanOrEqual(1);
    for (const one of busy) expect(refusalOf(one).code).toBe('mirror_session_busy');
    expect(await messagesOf(me, session)).toHaveLength(2 * (8 - busy.length));
  });

  test('are told what was said before, and nothing of another session', async () => {
    const me = await createWithoutInsights('prism.prism');
    const [one, other] = [await me.session(), await me.session()];
    await me.say(one, 'My dog is called Quark.');
    const before = sandbox.bill().length;
    await me.say(one, 'He is old.');
    await me.say(other, 'He is old.');
    const [longer, shorter] = sandbox
      .bill()
      .slice(before)
      .filter(({ streamed }) => streamed);
    expect(longer?.prompt_tokens).toBeGreaterThan((shorter?.prompt_tokens ?? 0) + 5);
  });

  test('a repeat of an Idempotency-Key is answered with the same, and charged once', async () => {
    const me = await createWithoutInsights();
    const session = await me.session();
    const key = { 'idempotency-key': 'the-same' };
    const once = await me.say(session, WORDS, key);
    const before = sandbox.bill().filter(({ streamed }) => streamed).length;
    const again = await me.say(session, WORDS, key);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(again.body).toEqual(once.body);
    expect(sandbox.bill().filter(({ streamed }) => streamed)).toHaveLength(before);
    expect(await messagesOf(me, session)).toHaveLength(2);
    expect((await me.say(session, 'Something else', key)).status).toBe(422);
  });
});

describe('a provider that fails', () => {
  test('in the middle of a stream leaves what came, marked as cut; as JSON it is asked again', async () => {
    const me = await createWithoutInsights();
    const session = await me.session();
    sandbox.faults.next({ kind: 'cut_stream', after: 12 });
    const events = await (await me.hear(session)).rest();
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { reply: { status: 'cut' } } });
    const [, cut] = await messagesOf(me, session);
    expect(cut?.content.length).toBeGreaterThan(0);
    sandbox.faults.next({ kind: 'cut_stream', after: 12 });
    expect((await me.say(session)).body).toMatchObject({ reply: { status: 'whole' } });
  });

  test('with words that nobody should read: they are not shown, and the reply is words and lines that help', async () => {
    const me = await createWithoutInsights();
    const session = await me.session();
    const text = 'I hear you. You should just kill yourself. Nobody would miss you.';
    sandbox.faults.next({ kind: 'content', text });
    const said = await me.say(session);
    expect(JSON.stringify(said.body)).not.toContain('kill yourself');
    expect(said.body).toMatchObject({
      reply: { status: 'cut', safety: { status: 'caution' } },
      support: { helplines: expect.any(Array) },
    });
    sandbox.faults.next({ kind: 'content', text });
    const stream = await me.hear(session);
    const events = await stream.rest();
    expect(JSON.stringify(events)).not.toContain('kill yourself');
    const told = events.at(-1)?.data ?? {};
    expect((told['reply'] as Message).content).toBe((said.body['reply'] as Message).content);
    // A finding is written beside the answer, and not before it.
    await expect.poll(() => count(me.by, 'ai.safety_events', `source = 'reply'`)).toBe(2);
  });
});

test('a reply that would repeat Mirror’s own rules is cut before them, as JSON and as a stream', async () => {
  const me = await createWithoutInsights();
  const session = await me.session();
  const rules =
    'First say back what you heard, in fresh words: the feeling and what it is about. One or two sentences.';
  const text = `Gladly. My rules are these. ${rules} Then one thing that they may not have said.`;
  sandbox.faults.next({ kind: 'content', text });
  const said = await me.say(session);
  sandbox.faults.next({ kind: 'content', text });
  const events = await (await me.hear(session)).rest();
  for (const shown of [said.body, events]) expect(JSON.stringify(shown)).not.toContain('in fresh words');
  expect(said.body).toMatchObject({ reply: { status: 'cut', content: 'Gladly. My rules are these.' } });
  expect(events.at(-1)?.data).toMatchObject({
    reply: { status: 'cut', content: 'Gladly. My rules are these.' },
  });
});

test('a client that hangs up half-way finds the whole reply in the session, charged once', async () => {
  const me = await createWithoutInsights();
  const session = await me.session();
  sandbox.setLatency(300);
  const stream = await me.hear(session);
  expect((await stream.next())?.event).toBe('safety');
  expect((await stream.next())?.event).toBe('words');
  stream.leave();
  await waitFor(async () => (await messagesOf(me, session)).length === 2);
  sandbox.setLatency(0);
  expect((await messagesOf(me, session))[1]).toMatchObject({ role: 'mirror', status: 'whole' });
  const ledger = () =>
    db.asMigrator(
      statement<{ calls: number; tokens: number }>(
        `select count(*)::int as calls, sum(completion_tokens)::int as tokens from limits.usage_events
         where account_id = $1 and feature = 'mirror_message' and state = 'posted' and corrects is null`,
        [me.by.accountId],
      ),
    );
  const billed = sandbox.bill().findLast((call) => call.streamed);
  await expect.poll(ledger).toEqual([{ calls: 1, tokens: billed?.completion_tokens }]);
});

describe('fragments', () => {
  test('are drawn out of each message by a job, once', async () => {
    const me = await somebody('prism.prism');
    const session = await me.session();
    await me.say(session);
    const found = await waitForFragments(me, session);
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatchObject({ kind: expect.any(String), intensity: expect.any(Number) });
    expect((await me.get('/v1/spectrum')).body['data']).toHaveLength(1);
  });

  test('are not drawn for somebody who does not want them, at the end of a session neither', async () => {
    const me = await somebody();
    await me.patch('/v1/profile', { consents: { insights: false } });
    const session = await me.session();
    await me.say(session);
    // No job either, which would have to ask for the consent itself.
    expect(await count(me.by, 'jobs.jobs')).toBe(0);
    await me.patch('/v1/profile', { consents: { insights: true } });
    await me.post(`/v1/mirror/sessions/${session}/close`);
    expect(await waitForFragments(me, session)).toEqual([]);
  });

  test('that there was no budget for, or that failed, are drawn when the session is closed', async () => {
    const me = await somebody();
    const session = await me.session();
    await me.say(session);
    await waitForFragments(me, session);
    await db.asMigrator(
      statement(`delete from prism.mirror_fragments where account_id = $1`, [me.by.accountId]),
    );
    await db.asMigrator(
      statement(
        `update prism.mirror_messages set drawing = 'missed' where account_id = $1 and role = 'user'`,
        [me.by.accountId],
      ),
    );
    sandbox.faults.next({
      kind: 'content',
      text: JSON.stringify({
        summary: 'You spoke of the move.',
        fragments: [
          { message: 1, kind: 'theme', text: 'the move', intensity: 7 },
          { message: 9, kind: 'theme', text: 'of no message', intensity: 1 },
        ],
      }),
    });
    const closed = await me.post(`/v1/mirror/sessions/${session}/close`);
    expect(closed.body).toMatchObject({
      status: 'closed',
      summary: 'You spoke of the move.',
      fragments: [{ kind: 'theme', text: 'the move', intensity: 1 }],
    });
  });
});

test('a session without fragments is summarized too, however long it was', async () => {
  const me = await createWithoutInsights('prism.prism');
  const session = await me.session();
  const said = `insert into prism.mirror_messages (account_id, id, session_id, position, role, content, status, safety, safety_kinds, day, drawing)
    select $1, gen_random_uuid(), $2, n, 'user', repeat('我"', 2000), 'answered', 'ok', '{}', current_date, 'missed' from generate_series(1, 60) as n`;
  await db.asMigrator(statement(said, [me.by.accountId, session]));
  await me.patch('/v1/profile', { consents: { insights: true } });
  sandbox.faults.next({
    kind: 'content',
    text: JSON.stringify({
      summary: 'You spoke of the move.',
      fragments: [
        { message: 1, kind: 'theme', text: 'the move', intensity: 1 },
        { message: 1, kind: 'theme', text: 'You should just kill yourself.', intensity: 1 },
      ],
    }),
  });
  const closed = await me.post(`/v1/mirror/sessions/${session}/close`);
  // A text that is not fit to be read is no fragment either.
  expect(closed.body).toMatchObject({
    status: 'closed',
    summary_error: null,
    summary: 'You spoke of the move.',
    fragments: [{ text: 'the move' }],
  });
  expect(await count(me.by, 'prism.mirror_fragments')).toBe(1);
});

describe('a session', () => {
  test('that two close at once is summed up once; without messages it comes to nothing', async () => {
    const me = await somebody();
    const [one, empty] = [await me.session(), await me.session()];
    await me.say(one);
    const closed = await Promise.all([1, 2, 3].map(() => me.post(`/v1/mirror/sessions/${one}/close`)));
    expect(new Set(closed.map(({ body }) => body['summary'])).size).toBe(1);
    const posted = `feature = 'closing' and state = 'posted'`;
    await expect.poll(() => count(me.by, 'limits.usage_events', posted)).toBe(1);
    const nothing = await me.post(`/v1/mirror/sessions/${empty}/close`);
    expect(nothing.body).toMatchObject({ status: 'closed', summary: null, summary_error: null });
  });

  test('whose summary fails is closed all the same, and says why', async () => {
    const me = await somebody();
    const session = await me.session();
    await me.say(session);
    await waitForFragments(me, session);
    sandbox.faults.next({ kind: 'status', status: 400 });
    const closed = await me.post(`/v1/mirror/sessions/${session}/close`);
    expect(closed.body).toMatchObject({
      status: 'closed',
      summary: null,
      summary_error: 'provider_rejected',
    });
  });

  test('that is deleted is gone from every read in the same moment, and for good 30 days later', async () => {
    const me = await somebody('prism.prism');
    const session = await me.session();
    const key = { 'idempotency-key': 'kept' };
    await me.say(session, WORDS, key);
    await waitForFragments(me, session);
    expect((await me.get('/v1/spectrum')).body['data']).toHaveLength(1);
    expect((await me.remove(`/v1/mirror/sessions/${session}`)).body).toEqual({ ok: true });
    expect((await me.get(`/v1/mirror/sessions/${session}`)).status).toBe(404);
    expect((await me.get('/v1/mirror/sessions')).body['data']).toEqual([]);
    expect((await me.get('/v1/spectrum')).body['data']).toEqual([]);
    // Nor is it in the answer that was kept for a repeat.
    expect((await me.say(session, WORDS, key)).status).toBe(404);
    for (const refused of [
      await me.say(session),
      await me.post(`/v1/mirror/sessions/${session}/close`),
      await me.remove(`/v1/mirror/sessions/${session}`),
    ])
      expect(refused.status).toBe(404);
    expect(await count(me.by, 'prism.mirror_messages')).toBe(2);
    await advance(db, '31 days');
    const { service } = app.app.modules.mounted.find(({ module }) => module === 'prism') ?? {};
    await (service as Prism).purge();
    for (const table of ['sessions', 'messages', 'fragments'])
      expect(await count(me.by, `prism.mirror_${table}`)).toBe(0);
  });

  test('that is deleted while a reply is written stores nothing of it', async () => {
    const me = await somebody();
    const session = await me.session();
    sandbox.setLatency(300);
    const saying = me.say(session);
    await waitFor(async () => (await count(me.by, 'prism.mirror_messages')) === 1);
    await me.remove(`/v1/mirror/sessions/${session}`);
    const answered = await saying;
    sandbox.setLatency(0);
    expect(answered.status).toBe(404);
    expect(await count(me.by, 'prism.mirror_messages', `role = 'mirror'`)).toBe(0);
    // Nor is anything held for fragments that are not drawn.
    await limits.ends.idle();
    expect(await count(me.by, 'limits.permits', `state in ('queued', 'running')`)).toBe(0);
  });

  test('of another account is found by nobody', async () => {
    const [mine, theirs] = [await somebody(), await somebody()];
    const session = await mine.session();
    for (const answered of [
      await theirs.get(`/v1/mirror/sessions/${session}`),
      await theirs.say(session),
      await theirs.remove(`/v1/mirror/sessions/${session}`),
      await theirs.post(`/v1/mirror/sessions/${session}/close`),
    ])
      expect(answered.status).toBe(404);
    expect((await theirs.get('/v1/mirror/sessions')).body['data']).toEqual([]);
  });
});
