import { globSync, readFileSync } from 'node:fs';
import { createPrices } from '#platform/ai';
import { statement } from '#platform/db';
import { createOpenAISandbox, PROFILE_NAMES } from '#sandbox/openai';
import { atEndOfFile } from '@plinth/testkit/closing';
import { waitFor } from '@plinth/testkit/fixtures/calls';
import { describe, expect, test } from 'vitest';
import { remembererOf } from '../../products/memory/test/fixture.ts';
import { extractionFixture, idIn } from '../../products/orbit/test/extraction-fixture.ts';
import { personOf } from '../../products/prism/test/fixture.ts';
import { creatorOf } from '../../products/reel/test/fixture.ts';

const strict = await createOpenAISandbox();
atEndOfFile(() => void strict.close());
const upstreams = PROFILE_NAMES.map((name) => ({
  name,
  base_url: strict.url.replace('/v1', `/as/${name}/v1`),
  api_key: 'k',
  models: ['sandbox-small'],
}));
const usual = {
  name: 'sandbox',
  base_url: strict.url,
  api_key: 'k',
  models: ['sandbox-small', 'sandbox-embed'],
};
const ROW = { input: 100_000, output: 100_000, source: 'a test' };
const rows = Object.fromEntries(PROFILE_NAMES.map((name) => [`${name}/sandbox-small`, ROW]));

const app = await extractionFixture({
  settings: {
    AI_UPSTREAMS: JSON.stringify([usual, ...upstreams]),
    AI_CONFIG: JSON.stringify({ version: '2026-11-21', prices: rows }),
  },
});
const { call, count, db } = app;
const { ai, jobs, limits } = app.app.modules;
const worker = jobs.work();
atEndOfFile(() => worker.stop(1_000));

/** From now on all products ask models of one family. */
function ask(profile: string): void {
  const chain = [`${profile}/sandbox-small`];
  ai.choose({ prices: createPrices({ overrides: rows }), aliases: { small: chain, large: chain } });
}

/** A line of product code that asks a model, as `file:line` below products. */
const CALLER = /\bai\.(?:endpoint\.relay|generate|streamItems|streamText|model|call|embed)\(/;
const callers = globSync('products/**/*.ts', { exclude: ['**/*.test.ts', 'products/*/test/**'] }).flatMap(
  (file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, n) => (CALLER.test(line) ? [`${file.replace('products/', '')}:${n + 1}`] : [])),
);
const seen = new Set<string>();
for (const [of, names] of [
  [ai, ['generate', 'streamItems', 'streamText', 'model', 'call', 'embed']],
  [ai.endpoint, ['relay']],
] as const)
  for (const name of names) {
    const way: unknown = Reflect.get(of, name);
    if (typeof way !== 'function') throw new Error(`the AI layer has no ${name}`);
    Reflect.set(of, name, (...args: unknown[]): unknown => {
      seen.add(
        /(?<!\/test)\/products\/(\S+?:\d+):\d+/.exec(new Error('a call').stack ?? '')?.[1] ?? 'elsewhere',
      );
      return Reflect.apply(way, of, args);
    });
  }

/** The ids under which the provider answered what the ledger has booked of a family’s calls. */
async function booked(profile: string): Promise<readonly (string | null)[]> {
  await limits.ends.idle();
  const events = await db.asMigrator(
    statement<{ provider_request_id: string | null }>(
      `select provider_request_id from limits.usage_events where provider = $1 and state = 'posted' order by 1`,
      [profile],
    ),
  );
  return events.map((event) => event.provider_request_id);
}

describe.each(PROFILE_NAMES)('a model that takes what %s does serves', (profile) => {
  test('every call of every product that asks a model, and each answer is booked once', async () => {
    ask(profile);
    const before = strict.bill().length;
    for (const walk of [gateway, reel, prism, adiuva, coditect, orbit]) await walk();
    const billed = strict.bill().slice(before);
    expect(await booked(profile)).toEqual(billed.map(({ request_id: id }) => id).toSorted());
  });
});

test('each line of a product that asks a model is walked above', () => {
  expect([...seen].toSorted()).toEqual(callers.toSorted());
});

async function gateway(): Promise<void> {
  const { key } = await app.customer('gateway.team');
  for (const stream of [false, true]) {
    const body = { model: 'small', stream, messages: [{ role: 'user', content: 'Tea?' }] };
    expect((await call(key, 'POST /v1/ai/chat/completions', { body })).status).toBe(200);
  }
}

const TOO_LONG = { hook: 'Tea', body: 'tea '.repeat(100), cta: 'Drink.', hashtags: ['#tea'] };

async function reel(): Promise<void> {
  const creator = creatorOf(app, await app.customer('reel.pro'));
  const written = await creator.draft({ platform: 'x' });
  expect(written).toMatchObject({ status: 'completed' });
  const part = { draft_id: written.draft_id, mode: 'targeted', target: 'body' };
  // The next answer is too long for the platform, so that it is repaired.
  strict.faults.next({ kind: 'content', text: JSON.stringify(TOO_LONG) });
  const anew = await creator.ended(await creator.started(part));
  expect(anew).toMatchObject({ status: 'completed', variants: [{ over_length: false }] });
}

async function prism(): Promise<void> {
  const person = personOf(app, await app.person('prism.prism'));
  expect((await person.turn()).status).toBe(200);
  const goal = await person.post('/v1/lens/goals', { title: 'Run ten kilometres' });
  const suggested = await person.post(`/v1/lens/goals/${String(goal.body['id'])}/suggest`);
  expect(suggested.body).toMatchObject({ suggestions: [{}, {}, {}] });
  const session = await person.session();
  expect((await person.say(session)).body).toMatchObject({ reply: { status: 'whole' } });
  await waitFor(async () => (await count(person.by, 'prism.mirror_messages', `drawing = 'due'`)) === 0);
  const closed = await person.post(`/v1/mirror/sessions/${session}/close`);
  expect(closed.body).toMatchObject({ status: 'closed', summary: expect.any(String) });
}

async function adiuva(): Promise<void> {
  const { key } = await app.customer('adiuva.pro');
  const question = async (message: string, more: object = {}) => {
    const { status, body } = await call(key, 'POST /v1/chat', { body: { message, context: {}, ...more } });
    expect([status, body]).toEqual([200, expect.anything()]);
  };
  await question('Please go on.');
  await question('Show my tasks and then my notes');
  await question('Plan my day', { execution_mode: 'plan' });
  for (const step of [
    { prompt_template: 'day_plan', variables: { tasks: '[]', wishes: 'the report' } },
    { prompt_template: 'task_from_text', variables: { text: 'Please pay.' } },
  ])
    expect((await call(key, 'POST /v1/plans/steps/run', { body: step })).status).toBe(200);
}

async function coditect(): Promise<void> {
  const ada = remembererOf(app, await app.customer('coditect.pro'));
  const session = await ada.session('s');
  await ada.say(session, { client_id: '1', text: 'The heron waits at the edge of the pond all day.' });
  const { status, body } = await call(ada.key, `POST /v1/sessions/${session}/summary`, {});
  expect([status, body]).toEqual([200, expect.objectContaining({ messages: 1 })]);
}

const BRIEF = [
  'Deliverables\n- An online shop with 300 products\n\nTimeline\nThe shop goes live on 4 May 2026.',
];

async function orbit(): Promise<void> {
  const { workspace, by, scope } = await app.office();
  const document = await app.document(workspace, BRIEF);
  const extracted = await by.ended(idIn(await by.ask(scope, [document]), 'extraction_id'));
  expect(extracted).toMatchObject({ status: 'completed', missing: [] });
  const [section] = await by.sections(scope);
  for (const asked of [await by.suggest(section?.id ?? ''), await by.analyze(scope)]) {
    const { body } = await workspace.member.get(`/v1/ai/analyses/${idIn(asked, 'analysis_id')}?wait=30`);
    expect(body).toMatchObject({ status: 'completed' });
  }
}
