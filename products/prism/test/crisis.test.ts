import { describe, expect, test } from 'vitest';
import { statement } from '#platform/db';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { advance, databaseTime } from '@plinth/testkit/factories';
import type { Reply } from '@plinth/testkit/services/app';
import { type Person, prismFixture } from './fixture.ts';

const app = await prismFixture();
const { count, db, sandbox, somebody } = app;
const { entitlements, limits } = app.app.modules;

const CRISES = {
  en: 'I want to kill myself tonight and I have the pills here',
  es: 'Quiero matarme esta noche, ya tengo las pastillas',
  de: 'Ich will mich umbringen. Die Tabletten habe ich schon.',
  fr: 'Je veux me tuer ce soir, j’ai déjà les comprimés',
} as const;

/** A provider's requests, the ledger and the windows of an account, and what Prism has stored of it. */
async function trace({ by }: Person): Promise<readonly unknown[]> {
  const [windows] = await db.asMigrator(
    statement<{ used: unknown }>(
      `select coalesce(jsonb_agg(to_jsonb(m) order by scope), '[]') as used from (
         select scope, names, used from limits.meters where account_id = $1) as m`,
      [by.accountId],
    ),
  );
  return [
    sandbox.requests(),
    await count(by, 'limits.usage_events'),
    await count(by, 'limits.permits'),
    await count(by, 'prism.turns'),
    await count(by, 'prism.mirror_messages'),
    await count(by, 'idempotency.keys'),
    windows,
  ];
}

function assertHelped({ status, body }: Pick<Reply, 'status' | 'body'>): void {
  expect(status, JSON.stringify(body)).toBe(200);
  expect(body).toMatchObject({
    safety: { status: 'crisis', kinds: expect.any(Array) },
    support: { message: expect.any(String), helplines: expect.any(Array) },
  });
  const { helplines } = body['support'] as { helplines: unknown[] };
  expect(helplines.length).toBeGreaterThan(0);
}

/** Everything that a person in a crisis may say in Prism, as JSON and as a stream. */
async function cries(me: Person, session: string, text: string): Promise<void> {
  assertHelped(await me.turn(text));
  assertHelped(await me.say(session, text));
  const stream = await me.hear(session, text);
  const events = await stream.rest();
  expect([stream.status, events.map(({ event }) => event)]).toEqual([200, ['safety', 'done']]);
  expect(events[0]?.data).toMatchObject({ status: 'crisis' });
  assertHelped({ status: 200, body: events[1]?.data ?? {} });
  expect(events[1]?.data).toMatchObject({ session_id: session, message: null, reply: null });
  assertHelped(await me.post('/v1/mirror/sessions', { title: text }));
}

/** A goal that speaks of a crisis: it is kept, and its words are sent to no model. */
async function darkGoal(me: Person, title: string): Promise<string> {
  const { status, body } = await me.post('/v1/lens/goals', { title });
  expect(status).toBe(201);
  return String(body['id']);
}

async function suggestionsFor(me: Person, goal: string): Promise<void> {
  const { status, body } = await me.post(`/v1/lens/goals/${goal}/suggest`);
  assertHelped({ status, body });
  expect(body['suggestions']).toEqual([]);
}

/** Fills what the free plan has of everything. */
async function spendPlan(me: Person): Promise<void> {
  await db.asMigrator(
    statement(
      `update limits.meters set used = (select array_agg(1000000000::bigint) from unnest(used)) where account_id = $1`,
      [me.by.accountId],
    ),
  );
}

/** A person whose plan ends tomorrow, with a session and a turn that it allowed, two days later. */
async function createLapsed(): Promise<{ readonly me: Person; readonly session: string }> {
  const me = await somebody();
  const until = new Date((await databaseTime(db)).getTime() + 86_400_000).toISOString();
  const { email } = me.by;
  const granted = await app.call((await app.admin()).key, 'POST /v1/admin/grants', {
    body: { email, product: 'prism', plan: 'prism.prism', until },
  });
  expect(granted.status, JSON.stringify(granted.body)).toBe(201);
  const plan = async () => (await entitlements.current(me.by.accountId)).find(isPrism)?.plan;
  expect(await plan()).toBe('prism.prism');
  const session = await me.session();
  await me.turn();
  await advance(db, '2 days');
  expect(await plan()).toBe('prism.free');
  expect(refusalOf(await me.get('/v1/spectrum')).code).toBe('plan_required');
  return { me, session };
}

const isPrism = ({ product }: { readonly product: string }) => product === 'prism';

describe.each(Object.entries(CRISES))(
  'in %s, a crisis is answered with words and helplines',
  (_language, text) => {
    test('and nothing goes to a provider, is charged or is kept: with all limits spent, the provider down, and an expired plan', async () => {
      const { me, session } = await createLapsed();
      await me.turn();
      await me.post(`/v1/lens/goals/${await darkGoal(me, 'Run ten kilometres')}/suggest`);
      const goal = await darkGoal(me, text);
      const cry = async () => {
        await cries(me, session, text);
        await suggestionsFor(me, goal);
      };
      await limits.ends.idle();
      const before = await trace(me);
      await cry();
      expect(await trace(me)).toEqual(before);

      await spendPlan(me);
      expect((await me.turn()).status).toBe(429);
      const full = await trace(me);
      await cry();
      expect(await trace(me)).toEqual(full);

      sandbox.faults.always({ kind: 'status', status: 503 });
      await cry();
      sandbox.faults.clear();
      expect(await trace(me)).toEqual(full);
    });
  },
);

describe.each(Object.entries(CRISES))('in %s, what nobody is asked about is kept', (_language, text) => {
  test('and words and helplines stand beside it', async () => {
    const me = await somebody();
    await me.patch('/v1/profile', { locale: 'en-GB' });
    const turn = String((await me.turn()).body['id']);
    const goal = await darkGoal(me, 'Run ten kilometres');
    const action = await me.post(`/v1/lens/goals/${goal}/actions`, { title: text });
    const [short = ''] = text.split(/[,.]/);
    const answers = [
      await me.post(`/v1/turns/${turn}/feedback`, { helpful: false, note: text }),
      await me.post('/v1/lens/goals', { title: text }),
      await me.post('/v1/lens/goals', { title: 'Sleep', why: text }),
      await me.patch(`/v1/lens/goals/${goal}`, { title: text }),
      action,
      await me.patch(`/v1/lens/actions/${String(action.body['id'])}`, { title: text }),
      await me.patch('/v1/profile', { focus_areas: ['sleep', short.slice(0, 50)] }),
      await me.patch('/v1/profile', { display_name: short }),
    ];
    for (const { status, body } of answers) {
      expect([200, 201], JSON.stringify(body)).toContain(status);
      expect(JSON.stringify(body['support'])).toContain('116 123');
    }
    expect((await me.get('/v1/profile')).body).toMatchObject({ display_name: short });
    expect((await me.patch('/v1/profile', { display_name: 'Ada' })).body['support']).toBeNull();
    const told = `source = 'precheck' and status = 'crisis'`;
    await expect.poll(() => count(me.by, 'ai.safety_events', told)).toBe(answers.length);
  });
});

test('a text in a crisis is answered however long it is, and any other one that is too long is refused for nothing', async () => {
  const me = await somebody();
  const session = await me.session();
  const long = 'And the rain went on and on, and I sat by the window and counted cars. '.repeat(70);
  await limits.ends.idle();
  const before = await trace(me);
  assertHelped(await me.turn(`${long} ${CRISES.en}`));
  assertHelped(await me.say(session, `${CRISES.en}. ${long}`));
  for (const refused of [await me.turn(long), await me.say(session, long)])
    expect(refusalOf(refused)).toMatchObject({ status: 400, code: 'validation_failed' });
  expect(await trace(me)).toEqual(before);
});

test('what a profile says of a crisis is in no prompt, and what else it says is', async () => {
  const me = await somebody();
  const session = await me.session();
  const say = async (profile: object) => {
    await me.patch('/v1/profile', { consents: { insights: false }, ...profile });
    const { length } = sandbox.bill();
    await me.turn();
    await me.say(session, 'Hm.');
    return sandbox
      .bill()
      .slice(length)
      .map(({ prompt_tokens: tokens }) => tokens);
  };
  const [bare = 0] = await say({ focus_areas: [], pronouns: null });
  const [dark] = await say({ focus_areas: ['I want to', 'kill myself'], pronouns: 'kill myself tonight' });
  expect(dark).toBe(bare);
  const [light = 0] = await say({ focus_areas: ['kill myself tonight', 'sleep', 'the garden'] });
  expect(light).toBeGreaterThan(bare);
});

test('in a session that is closed, full, deleted, another’s or not there', async () => {
  const [me, other] = [await somebody(), await somebody()];
  const [closed, deleted] = [await me.session(), await me.session()];
  await me.post(`/v1/mirror/sessions/${closed}/close`);
  await me.remove(`/v1/mirror/sessions/${deleted}`);
  const [full, theirs] = [await other.session(), await other.session()];
  await db.asMigrator(
    statement(
      `insert into prism.mirror_messages (account_id, id, session_id, position, role, content, status, safety, safety_kinds, day)
       select $1, gen_random_uuid(), $2, n, 'user', 'said', 'answered', 'ok', '{}', current_date from generate_series(1, 20) as n`,
      [other.by.accountId, full],
    ),
  );
  expect(refusalOf(await other.say(full)).code).toBe('limit_exceeded');
  const before = await Promise.all([me, other].map(trace));
  for (const session of [closed, deleted, theirs, crypto.randomUUID()]) await cries(me, session, CRISES.en);
  await cries(other, full, CRISES.en);
  expect(await Promise.all([me, other].map(trace))).toEqual(before);
});

test('a repeat of an Idempotency-Key is looked at too, and the words come from where the person is', async () => {
  const me = await somebody();
  await me.patch('/v1/profile', { locale: 'en-US' });
  const key = { 'idempotency-key': 'the-same' };
  const once = await me.turn(CRISES.en, key);
  const again = await me.turn(CRISES.en, key);
  assertHelped(once);
  expect(again.body).toEqual(once.body);
  expect(JSON.stringify(once.body['support'])).toContain('988');
  await me.patch('/v1/profile', { locale: 'en-GB' });
  expect(JSON.stringify((await me.turn(CRISES.en)).body['support'])).toContain('116 123');
});

test('what was said in a crisis is in no later prompt, fragment or summary', async () => {
  const me = await somebody();
  const session = await me.session();
  const marker = 'Zanzibarkeks';
  await me.say(session, 'I slept badly, and the house is so quiet.');
  assertHelped(await me.say(session, `${CRISES.en} ${marker}`));
  const reply = await me.say(session, 'I called my sister after that.');
  expect(reply.status).toBe(200);
  const closed = await me.post(`/v1/mirror/sessions/${session}/close`);
  expect(JSON.stringify(closed.body)).not.toContain(marker);
  const [found] = await db.asMigrator(
    statement<{ n: number }>(
      `select count(*)::int as n from prism.mirror_messages where account_id = $1 and content like '%' || $2 || '%'`,
      [me.by.accountId, marker],
    ),
  );
  expect(found?.n).toBe(0);
});

test('a session that is opened by somebody who says that they are safe has helplines beside it, also when its answer is asked for again', async () => {
  const me = await somebody();
  await me.patch('/v1/profile', { locale: 'en-GB' });
  const title = 'I want to kill myself';
  const headers = { 'x-i-am-safe': 'true', 'idempotency-key': 'opened-once' };
  const open = () => me.post('/v1/mirror/sessions', { title }, headers);
  for (const { status, body } of [await open(), await open()]) {
    expect([status, body['title']]).toEqual([201, title]);
    expect(JSON.stringify(body['support'])).toContain('116 123');
  }
  const plain = await me.post('/v1/mirror/sessions', { title: 'Before the move' });
  expect([plain.status, plain.body['support']]).toEqual([201, null]);
});

test('worry about somebody else is taken seriously: a reply with care, and whom to ask', async () => {
  const me = await somebody();
  const made = await me.turn(
    'My best friend told me that she wants to kill herself, and I do not know what to say.',
  );
  expect(made.body).toMatchObject({
    safety: { status: 'concern' },
    turn: expect.any(String),
    support: { message: expect.any(String) },
  });
  const session = await me.session();
  const events = await (
    await me.hear(session, 'My best friend told me that she wants to kill herself.')
  ).rest();
  expect(events[0]).toMatchObject({ event: 'safety', data: { status: 'concern' } });
  expect(events.at(-1)?.data).toMatchObject({ safety: { status: 'concern' }, reply: { status: 'whole' } });
});
