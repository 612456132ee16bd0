import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { products } from '#products';
import type { TalkAnswer } from './leaks/talk.ts';
import { openLeaksFixture } from './leaks/fixture.ts';
import { isRecord } from '@plinth/testkit/walkers/calls';
import { operationsOf } from '@plinth/testkit/walkers/hostile/operations';
import type { OpenApi } from '@plinth/testkit/walkers/rules/rule';

const { marks, program, database, sandbox, tracker, owner, say, refusals, linksSent, leaks } =
  await openLeaksFixture();
const { key } = owner;

function ask(topic: string, more: object = {}): Promise<TalkAnswer> {
  const text = {
    topic,
    tone: marks.as('a tone'),
    audience: marks.as('an audience'),
    brand_voice: marks.as('a voice'),
  };
  return say('POST /v1/create', { as: key, body: { platform: 'linkedin', variants: 2, ...text, ...more } });
}

/** Asks for a post, and waits until it ends or fails. */
async function create(topic: string): Promise<unknown> {
  const { body } = await ask(topic);
  const read = await say(`GET ${String(body['status_url'])}?wait=20`, { as: key });
  return read.body['status'];
}

function chat(prompt: string, more: object = {}): Promise<TalkAnswer> {
  const messages = [
    { role: 'system', content: marks.as('a system prompt') },
    { role: 'user', content: prompt },
  ];
  return say('POST /v1/ai/chat/completions', { as: key, body: { model: 'small', messages, ...more } });
}

describe('nothing leaks into the log, the metrics, a refusal or a tracker of errors', () => {
  test('of who registers and signs in: passwords, tokens, keys, names and emails', async () => {
    const password = `Aa1-${marks.as('a password')}`;
    const email = `${marks.as('an email')}@example.com`;
    const names = { full_name: marks.as('a name'), company_name: marks.as('a company') };
    const register = { body: { email, password, ...names } };
    expect((await say('POST /v1/auth/register', register)).status).toBe(201);
    expect((await say('POST /v1/auth/register', register)).status).toBe(201);
    const wrong = { email, password: marks.as('a wrong password') };
    expect((await say('POST /v1/auth/login', { body: wrong })).status).toBe(401);
    const { body: tokens } = await say('POST /v1/auth/login', { body: { email, password } });
    const token = String(tokens['access_token']);
    const refresh = { body: { refresh_token: tokens['refresh_token'] } };
    marks.add('an access token', token);
    marks.add('a refresh token', tokens['refresh_token']);
    const { body: renewed } = await say('POST /v1/auth/refresh', refresh);
    marks.add('a second refresh token', renewed['refresh_token']);
    const wanted = { name: marks.as('a key’s name'), scopes: ['account:read'] };
    const made = await say('POST /v1/api-keys', { as: token, body: wanted });
    marks.add('an API key', made.body['key']);
    for (const as of [token.slice(0, -3), marks.as('a made-up token'), `pl_${marks.as('a made-up key')}`]) {
      expect((await say('GET /v1/me', { as })).status).toBe(401);
    }
    expect(
      (await say('POST /v1/organizations', { as: String(made.body['key']), body: { name: 'x' } })).status,
    ).toBe(403);
    expect(await leaks()).toEqual([]);
  });

  test('of invitations: whom they are for, and their tokens', async () => {
    const email = `${marks.as('an invitee’s email')}@example.com`;
    const { body: list } = await say('GET /v1/organizations', { as: key });
    const [organization] = list['data'] as { id: string }[];
    const path = `/v1/organizations/${organization?.id}/invitations`;
    const { status } = await say(`POST ${path}`, { as: key, body: { email, role: 'viewer' } });
    expect(status).toBe(201);
    await expect.poll(() => linksSent('pli', email)).toHaveLength(1);
    const [token = ''] = await linksSent('pli', email);
    marks.add('an invitation', token);
    const { body: tokens } = await say('POST /v1/auth/login', {
      body: { email: owner.email, password: owner.password },
    });
    const as = String(tokens['access_token']);
    marks.add('an access token', as);
    const refused = await say('POST /v1/invitations/accept', { as, body: { token } });
    expect(refused.status).toBe(403);
    await say(`POST ${path}`, { as: key, body: { email, role: 'viewer' } });
    expect(await leaks()).toEqual([]);
  });

  test('of links that are sent, and of the passwords that they set', async () => {
    const email = `${marks.as('an email')}@example.com`;
    const [before, after] = [`${marks.as('a password')}-Aa1`, `${marks.as('a later password')}-Aa1`];
    await say('POST /v1/auth/register', { body: { email, password: before } });
    const { status } = await say('POST /v1/auth/forgot-password', { body: { email } });
    expect(status).toBe(202);
    await expect.poll(() => linksSent('ple', email)).toHaveLength(2);
    const [verifying = '', resetting = ''] = await linksSent('ple', email);
    marks.add('a link', verifying);
    marks.add('a link of a reset', resetting);
    for (const path of [`verify-email/${verifying}`, `reset-password?token=${resetting}`])
      expect((await say(`GET /v1/auth/${path}`)).status).toBe(200);
    for (const times of [200, 400]) {
      const said = await say('POST /v1/auth/verify-email', { body: { token: verifying } });
      expect(said.status).toBe(times);
    }
    const reset = { token: resetting, password: after };
    expect((await say('POST /v1/auth/reset-password', { body: { ...reset, password: 'x' } })).status).toBe(
      400,
    );
    expect((await say('POST /v1/auth/reset-password', { body: reset })).status).toBe(200);
    await expect.poll(() => program.said()).toContain('mail sent');
    expect(await leaks()).toEqual([]);
  });

  test('of what people ask for and what models answer, whether or not the provider serves', async () => {
    expect(await create(marks.as('a topic'))).toBe('completed');
    const said = JSON.stringify({ hook: marks.as('a reply') });
    const faults = [
      { kind: 'content', text: said },
      { kind: 'content', text: marks.as('a reply that is no JSON') },
      { kind: 'bad_content' },
      { kind: 'malformed_json' },
      { kind: 'empty_choices' },
      { kind: 'status', status: 400 },
      { kind: 'missing_usage' },
    ] as const;
    for (const fault of faults) {
      sandbox.faults.always(fault);
      await Promise.all([
        create(marks.as('a topic of a failure')),
        chat(marks.as('a prompt of a failure')),
        chat(marks.as('a streamed prompt of a failure'), { stream: true }),
      ]);
      sandbox.faults.clear();
    }
    expect((await chat(marks.as('a prompt'))).status).toBe(200);
    expect((await chat(marks.as('a streamed prompt'), { stream: true })).status).toBe(200);
    expect(await leaks()).toEqual([]);
  });

  test('of the contents of any field of any call', async () => {
    const { body: document } = await say('GET /openapi.json');
    for (const operation of operationsOf(document as unknown as OpenApi)) {
      const { schema, example } = operation.body ?? { schema: {}, example: {} };
      const path = operation.path.replaceAll(/\{\w+\}/g, () => marks.as('a path'));
      const query = operation.query.map(({ name }) => `${name}=${marks.as(`a ${name}`)}`).join('&');
      const call = `${operation.method} ${path}${query === '' ? '' : `?${query}`}`;
      for (const name of Object.keys(schema['properties'] ?? {})) {
        const word = marks.as(`the ${name} of ${operation.name}`);
        for (const value of [word, [word], { [name]: word }]) {
          await say(call, { as: key, body: { ...(isRecord(example) ? example : {}), [name]: value } });
        }
      }
      if (operation.method === 'GET') await say(call, { as: key });
    }
    expect(await leaks()).toEqual([]);
  });

  test('of secrets that a product says by their shape, in a path, a query, a body and a header', async () => {
    for (const shape of products.flatMap(({ redact }) => redact)) {
      const fitting = fc.stringMatching(new RegExp(`^(?:${shape.source})$`));
      // As a header may have it.
      const [secret = ''] = fc.sample(
        fitting.filter((text) => /^[!-~]+$/.test(text)),
        1,
      );
      marks.add(`what fits ${String(shape)}`, secret);
      await say(`GET /v1/plans/${encodeURIComponent(secret)}?key=${encodeURIComponent(secret)}`, { as: key });
      await say('POST /v1/auth/login', { body: { email: secret, password: secret } });
      await say('GET /v1/me', { headers: { 'x-request-id': secret, 'user-agent': secret }, as: key });
    }
    expect(await leaks()).toEqual([]);
  });

  test('of what can not be read at all', async () => {
    const broken = [
      `{"topic":"${marks.as('half a body')}`,
      `"${marks.as('a word')}"`,
      marks.as('no JSON'),
      `["${marks.as('a list')}"]`,
    ];
    const bytes = Buffer.concat([
      Buffer.from(`{"topic":"${marks.as('no UTF-8')}`),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    for (const raw of [...broken, new Uint8Array(bytes)]) {
      for (const call of ['POST /v1/create', 'POST /v1/ai/chat/completions', 'POST /v1/auth/login']) {
        expect((await say(call, { as: key, raw })).status).toBe(400);
      }
    }
    const spoiled = {
      'idempotency-key': `${marks.as('an Idempotency-Key')} x`,
      'x-account-id': marks.as('an account'),
    };
    for (const [name, value] of Object.entries(spoiled)) await ask('a topic', { headers: { [name]: value } });
    await say('GET /v1/me', {
      headers: { authorization: `Basic ${marks.as('another scheme')}`, cookie: marks.as('a cookie') },
    });
    await say(`GET /v1/${marks.as('a path of nothing')}`, { as: key });
    await say(`GET /%zz${marks.as('a broken path')}`, { as: key });
    expect(await leaks()).toEqual([]);
  });

  test('of a text that the database chokes on, and quotes in its error', async (context) => {
    context.skip(database.url === '', 'the program’s own embedded database is out of reach');
    await database.db.script(
      `alter table reel.drafts add constraint broken check (topic::integer > 0) not valid`,
    );
    expect((await ask(marks.as('a topic that the database quotes'))).status).toBe(500);
    await database.db.script('alter table reel.drafts drop constraint broken');
    await expect.poll(() => program.said()).toContain('invalid input syntax');
    await expect.poll(() => tracker.text()).toContain('invalid input syntax');
    expect(await leaks()).toEqual([]);
  });

  test('though it would be seen there', async () => {
    const requestId = 'a-request-that-is-logged';
    await say('GET /v1/plans/none', { headers: { 'x-request-id': requestId } });
    await expect.poll(() => program.said()).toContain(requestId);
    expect(refusals()).toContain(requestId);
  });
});

test('from a request id the logs lead to its generation, job, permit and provider call, and so to the ledger', async () => {
  const accepted = await ask('a topic to be traced');
  const requestId = accepted.headers.get('x-request-id');
  const generationId = String(accepted.body['generation_id']);
  await say(`GET /v1/generations/${generationId}?wait=20`, { as: key });
  const lines = () =>
    program
      .said()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.includes(String(requestId)))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  await expect.poll(() => lines().map(({ msg }) => msg)).toContain('job ended');
  const told = lines();
  const [answered] = told.filter(({ msg }) => msg === 'answered');
  expect(answered).toMatchObject({ route: 'POST /v1/create', status: 202, account_id: expect.any(String) });
  // The whole life of it, by the ids of the job and the generation, and in one trace.
  const life = told.filter(({ msg }) => String(msg).startsWith('job '));
  expect(life.map(({ msg }) => msg)).toEqual(['job queued', 'job started', 'job ended']);
  for (const name of ['job_id', 'generation_id', 'permit_id', 'trace_id'])
    expect(new Set(life.map((line) => line[name])).size).toBe(1);
  expect(life[0]?.['trace_id']).toBe(answered?.['trace_id']);
  const [, , job] = life;
  expect(job).toMatchObject({ generation_id: generationId, job_id: expect.any(String), outcome: 'done' });
  const [provided] = told.filter(({ msg }) => msg === 'provider call');
  expect(provided).toMatchObject({ permit_id: job?.['permit_id'], provider: 'sandbox', outcome: 'served' });
  const { body } = await say('GET /v1/usage', { as: key });
  const events = body['events'] as Record<string, unknown>[];
  const [event] = events.filter((one) => one['permit_id'] === job?.['permit_id']);
  expect(event).toMatchObject({ request_id: requestId, status: 'posted' });
  expect(sandbox.bill().map(({ request_id }) => request_id)).toContain(event?.['provider_request_id']);
});
