import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { AppError, declareSecretShapes } from '#platform/kernel';
import { createTelemetry, METRICS } from './index.ts';

function createListening() {
  const lines: string[] = [];
  const logTo = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  return { ...createTelemetry({ logLevel: 'debug', logTo }), lines };
}

/** Each carries the word marker, which must not be seen. */
const SECRETS: readonly (readonly [string, Record<string, unknown>, string])[] = [
  ['a header', { headers: { authorization: 'Bearer marker-0123456789' } }, 'in'],
  [
    'a header in capitals',
    { headers: { Authorization: 'marker', 'Set-Cookie': 'marker', cookie: 'a=marker' } },
    'in',
  ],
  ['a key', { api_key: 'marker', apiKey: 'marker', 'x-api-key': 'marker' }, 'in'],
  ['a password', { user: { password: 'marker', new_password: 'marker' } }, 'in'],
  ['tokens', { refresh_token: 'marker', accessToken: 'marker', idempotencyKey: 'marker' }, 'in'],
  ['a body', { request: { body: { topic: 'marker', nested: ['marker'] } } }, 'in'],
  ['a prompt', { prompt: 'marker', messages_text: 'marker', content: [{ text: 'marker' }] }, 'in'],
  ['an email', { email: 'marker@example.com' }, 'in'],
  ['something in a list', { list: [{ secret: 'marker' }] }, 'in'],
  ['a map', { map: new Map([['token', 'marker']]) }, 'in'],
  ['bytes', { bytes: Buffer.from('marker') }, 'in'],
  ['a message', {}, 'sent Bearer marker-0123456789 along'],
  ['a key in a message', {}, 'sk-marker0123456789abcdef and plk_marker0123456789abcdef'],
  ['a format in a message', {}, '%j %s %o api_key=marker'],
  [
    'a URL with a password',
    { at: 'postgres://plinth:marker@db/plinth' },
    'postgres://plinth:marker@db:5432/x failed',
  ],
  ['a JSON web token', { note: 'eyJmarkermarker.eyJmarkermarker.marker' }, 'in'],
  ['an error that quotes', { err: new SyntaxError('Unexpected token, "marker" is not valid JSON') }, 'in'],
  [
    'an error of the database',
    {
      err: Object.assign(new Error('invalid input syntax for type uuid: "marker"'), {
        code: '22P02',
        detail: 'Key (email)=(marker)',
        where: 'marker',
        parameters: ['marker'],
      }),
    },
    'in',
  ],
  [
    'an error with a cause',
    { err: new Error('outer', { cause: new Error("inner 'marker'", { cause: 'marker' }) }) },
    'in',
  ],
  [
    'an error with its input',
    { err: Object.assign(new Error('no'), { input: 'marker', token: 'marker' }) },
    'in',
  ],
  ['many errors', { err: new AggregateError([new Error('"marker"')], 'several') }, 'in'],
  ['an error of many lines', { err: new Error('first\nmarker\nmarker') }, 'in'],
];

test.each(SECRETS)('%s never reaches the log', (_name, fields, message) => {
  const { logger, lines } = createListening();
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    logger[level](fields, message);
    logger.with(fields).with({ more: fields })[level]({ and: fields }, message);
  }
  expect(lines).toHaveLength(8);
  expect(lines.join()).not.toContain('marker');
});

test('what has the shape of a product’s secret never reaches the log, also where a text is cut', () => {
  declareSecretShapes([/MARKED-[0-9A-F]{4}(-[0-9A-F]{4})+/]);
  const secret = 'MARKED-00AA-11BB-22CC';
  const { logger, lines } = createListening();
  const err = new AppError('not_found', { message: `no ${secret}`, cause: new Error(`of ${secret}`) });
  logger.error(
    { path: `/v1/x/${secret}/status`, long: `${'x'.repeat(3_990)}${secret}`, err },
    `said ${secret}`,
  );
  expect(lines.join()).not.toMatch(/MARKED|00AA|22CC/);
  expect(lines.join()).toContain('/v1/x/[hidden]/status');
});

test.each([
  ['base64', (secret: string) => Buffer.from(`user:${secret}`).toString('base64')],
  ['hex', (secret: string) => Buffer.from(secret).toString('hex')],
  ['a URL', (secret: string) => secret.replace('_', '%5F')],
  ['a URL, each byte', (secret: string) => Buffer.from(secret).toString('hex').replace(/../g, '%$&')],
])('a key in %s never reaches the log', (_name, encode) => {
  const { logger, lines } = createListening();
  const text = encode('pl_0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT');
  logger.info({ reason: text, more: [`it said (${text})`] }, `said ${text}`);
  expect(lines.join()).not.toContain(text);
  expect(lines.join()).toContain('it said ([hidden]');
});

test('a pattern that fits ids, or nothing at all, is refused', () => {
  expect(() => declareSecretShapes([/[0-9a-f-]{36}/])).toThrow('fits what is none');
  expect(() => declareSecretShapes([/A*/])).toThrow('fits what is none');
});

test('what helps to find a fault stays: ids, figures, codes, frames, and sentences of ours', () => {
  const { logger, lines } = createListening();
  const err = new AppError('not_found', {
    message: 'There is no draft "7".',
    cause: new TypeError('x is not a function'),
  });
  logger.error(
    { request_id: 'r-1', prompt_tokens: 412, key_id: 'k-1', cost_micros: 246, err },
    'a call failed',
  );
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  expect(line).toMatchObject({
    request_id: 'r-1',
    prompt_tokens: 412,
    key_id: 'k-1',
    cost_micros: 246,
    msg: 'a call failed',
    service: 'plinth',
  });
  expect(line['err']).toMatchObject({
    code: 'not_found',
    status: 404,
    message: 'There is no draft "7".',
    cause: { message: 'x is not a function' },
  });
  expect(inspect(line['err'])).toContain('telemetry.test.ts');
});

const labelsOf = (product: string, provider: string, plan: string): string =>
  `{product="${product}",feature="all",provider="${provider}",plan="${plan}"}`;

test('metrics are read in Prometheus text, with a series for each route, limit, provider, job and feature', async () => {
  const { metrics, prometheus, close } = createListening();
  metrics.httpRequest('POST /v1/create', 202, 0.02);
  metrics.denial('reel', 'generations');
  metrics.rateFailure();
  metrics.providerCall({ provider: 'sandbox', model: 'small', outcome: 'rate_limited', seconds: 0.3 });
  metrics.breaker('sandbox', 'small', 'open');
  metrics.slots({ provider: 'sandbox', model: '*', lane: 'batch' }, { used: 4, waiting: 9 });
  metrics.job({
    kind: 'reel.generate',
    lane: 'interactive',
    outcome: 'done',
    waitSeconds: 0.003,
    runSeconds: 1,
  });
  metrics.cost('reel', 'generation', 246);
  metrics.observeBudgets(async () => [
    { product: 'reel', daily: 200, spent: 100, closed: false },
    { provider: 'openai', daily: null, spent: 0, closed: true },
    { plan: 'reel.pro', daily: 50, spent: 50, closed: false },
  ]);
  metrics.observeJobsDepth(async () => [{ lane: 'batch', state: 'ready', count: 7 }]);
  const text = await prometheus();
  expect(text).toContain(
    'plinth_http_request_duration_seconds_count{route="POST /v1/create",status="202"} 1',
  );
  expect(text).toContain('plinth_denials_total{product="reel",limit="generations"} 1');
  expect(text).toContain(`plinth_operator_budget_closed${labelsOf('reel', 'all', 'all')} 0`);
  expect(text).toContain(`plinth_operator_budget_spent_ratio${labelsOf('reel', 'all', 'all')} 0.5`);
  expect(text).toContain(`plinth_operator_budget_closed${labelsOf('all', 'openai', 'all')} 1`);
  expect(text).toContain(`plinth_operator_budget_closed${labelsOf('all', 'all', 'reel.pro')} 1`);
  expect(text).toContain('plinth_rate_failures_total 1');
  expect(text).toContain(
    'plinth_provider_call_duration_seconds_count{provider="sandbox",model="small",outcome="rate_limited"} 1',
  );
  expect(text).toContain(
    'plinth_provider_slots{provider="sandbox",model="*",lane="batch",state="waiting"} 9',
  );
  expect(text).toContain('plinth_provider_breaker_state{provider="sandbox",model="small"} 2');
  expect(text).toContain(
    'plinth_job_wait_seconds_bucket{kind="reel.generate",lane="interactive",le="0.005"} 1',
  );
  expect(text).toContain(
    'plinth_job_run_seconds_count{kind="reel.generate",lane="interactive",outcome="done"} 1',
  );
  expect(text).toContain('plinth_cost_micro_dollars_total{product="reel",feature="generation"} 246');
  expect(text).toContain('plinth_jobs_depth{lane="batch",state="ready"} 7');
  expect(text).toMatch(/plinth_process_memory_bytes\{of="resident"\} \d+/);
  await close();
});

test('a histogram has each value in its bucket, bounds included, and their sum', async () => {
  const { metrics, prometheus, close } = createListening();
  for (const seconds of [0.001, 0.0011, 0.02, 500]) metrics.httpRequest('GET /v1/me', 200, seconds);
  const text = await prometheus();
  const bucket = (le: string) =>
    Number(new RegExp(`_bucket\\{route="GET /v1/me",status="200",le="${le}"\\} (\\d+)`).exec(text)?.[1]);
  expect(['0.001', '0.0025', '0.025', '120', '\\+Inf'].map(bucket)).toEqual([1, 2, 3, 3, 4]);
  expect(text).toContain('_sum{route="GET /v1/me",status="200"} 500.0221');
  await close();
});

test('a label that turns out not to be bounded fills no memory: what is past 2,000 series counts together', async () => {
  const { metrics, prometheus, close } = createListening();
  for (let n = 0; n < 2_100; n += 1) metrics.denial(`product ${n}`, 'generations');
  metrics.denial('product 7', 'generations');
  const text = await prometheus();
  expect(text).toContain('plinth_denials_total{product="other",limit="other"} 100');
  expect(text).toContain('plinth_denials_total{product="product 7",limit="generations"} 2');
  await close();
});

test('each metric stands in the runbook, which says when to look at it, and none that there is not', () => {
  const runbook = readFileSync(join(import.meta.dirname, '../../../../../docs/runbook.md'), 'utf8');
  const named = new Set(runbook.match(/\bplinth_\w+/g));
  expect([...named].toSorted()).toEqual(
    Object.values(METRICS)
      .map(({ name }) => name)
      .toSorted(),
  );
});
