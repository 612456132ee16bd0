import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import { configMarkdown, envExample, onPort, readConfig, settingNames, settingText } from './index.ts';
import { problemsOf } from '@plinth/testkit/fixtures/config-problems';

test('with nothing set everything is embedded, local and open to local browsers', () => {
  const config = readConfig({});
  expect(config).toMatchObject({
    environment: 'development',
    host: '127.0.0.1',
    port: 6174,
    emailVerification: 'off',
    logLevel: 'warn',
    database: { engine: 'pglite' },
    ai: {
      upstreams: [],
      sandbox: true,
      sandboxLatencyMs: 0,
    },
  });
  expect(config.corsOrigins).toEqual(['http://localhost:*', 'http://127.0.0.1:*', 'app://']);
});

test('bodies and sockets that one process has in its hands are bounded', () => {
  expect(readConfig({}).sockets).toEqual({ perAddress: 500, perAccount: 100 });
  expect(
    readConfig({ SOCKETS_PER_ADDRESS: '3', SOCKETS_PER_ACCOUNT: '2', BODY_MB_AT_ONCE: '1' }),
  ).toMatchObject({
    sockets: { perAddress: 3, perAccount: 2 },
    bodyCapacity: { process: 1_048_576, account: 64 * 1_048_576 },
  });
});

test('an empty value is an absent one', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: '  ' })).toMatchObject({
    port: 6174,
    database: { engine: 'pglite' },
  });
});

test('a port moves on embedded defaults alone, and links move with it', () => {
  const defaults = readConfig({});
  expect(defaults.portMayMove).toBe(true);
  const moved = onPort(readConfig({ JOBS_DELIVERY: 'qstash' }), 6_175);
  expect(moved).toMatchObject({ port: 6_175, baseUrl: 'http://127.0.0.1:6175' });
  expect(moved.delivery?.target).toBe('http://127.0.0.1:6175');
  const relied: readonly Record<string, string>[] = [
    { PORT: '6174' },
    { PUBLIC_URL: 'https://plinth.localhost' },
    { DATABASE_URL: 'postgres://a@b/c' },
    { NODE_ENV: 'test' },
  ];
  expect(relied.map((settings) => readConfig(settings).portMayMove)).toEqual(relied.map(() => false));
});

test('each malformed value has one line, and no line quotes a value', () => {
  const problems = problemsOf({
    PORT: 'marker',
    DATABASE_URL: 'marker',
    CORS_ORIGINS: 'https://a/marker',
    METRICS_TOKEN: 'marker',
    NODE_ENV: 'marker',
    DATABASE_NAMED_STATEMENTS: 'marker',
    OPENAI_BASE_URL: 'marker',
    AI_UPSTREAMS: '[{"marker":1}]',
    AI_SLOTS: 'marker/',
    EMAIL_VERIFICATION: 'marker',
  });
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
    'NODE_ENV',
    'PORT',
    'CORS_ORIGINS',
    'DATABASE_URL',
    'DATABASE_NAMED_STATEMENTS',
    'OPENAI_BASE_URL',
    'EMAIL_VERIFICATION',
    'METRICS_TOKEN',
    'AI_UPSTREAMS',
    'AI_SLOTS',
  ]);
  expect(problems.join()).not.toContain('marker');
});

const sessionsOf = (origins: string) => ({
  PUBLIC_URL: 'http://api.example.com',
  SESSION_ORIGINS: origins,
});

test('pages of listed origins of the same site may keep sessions in cookies, and read answers', () => {
  expect(problemsOf(sessionsOf('http://app.example.com,http://example.com:8080'))).not.toContainEqual(
    expect.stringContaining('SESSION_ORIGINS'),
  );
  for (const other of [
    'https://app.example.com',
    'http://app.example.org',
    'http://*',
    'http://a.example.com/x',
  ])
    expect(problemsOf(sessionsOf(other))).toContainEqual(expect.stringMatching(/^SESSION_ORIGINS /));
  const { corsOrigins, sessionOrigins } = readConfig({
    CORS_ORIGINS: 'app://',
    SESSION_ORIGINS: 'http://localhost:5173',
  });
  expect([corsOrigins, sessionOrigins]).toEqual([
    ['app://', 'http://localhost:5173'],
    ['http://localhost:5173'],
  ]);
});

test('in production embedded defaults must be asked for by name', () => {
  expect(problemsOf({ NODE_ENV: 'production' })).toEqual([
    expect.stringContaining('EMBEDDED_DATABASE=true'),
    expect.stringContaining('SANDBOX_AI=true'),
    expect.stringContaining('MAIL_TRANSPORT=outbox'),
    expect.stringContaining('EMBEDDED_MASTER_KEY=true'),
  ]);
  expect(
    readConfig({
      NODE_ENV: 'production',
      EMBEDDED_DATABASE: 'true',
      EMBEDDED_MASTER_KEY: 'true',
      SANDBOX_AI: 'true',
      MAIL_TRANSPORT: 'outbox',
    }),
  ).toMatchObject({
    corsOrigins: [],
    emailVerification: 'required',
    logLevel: 'info',
    database: { engine: 'pglite' },
    ai: { sandbox: true },
  });
});

test('slots name a provider, a model or all of them, a lane or both, and a limit', () => {
  const { ai } = readConfig({ AI_SLOTS: 'minimax/*:batch=4, openai/gpt-4.1 = 20,ollama/llama3:8b=2,' });
  expect(ai.slots).toEqual([
    { provider: 'minimax', model: '*', lane: 'batch', limit: 4 },
    { provider: 'openai', model: 'gpt-4.1', lane: undefined, limit: 20 },
    { provider: 'ollama', model: 'llama3:8b', lane: undefined, limit: 2 },
  ]);
  expect(readConfig({}).ai.slots).toEqual([]);
  for (const wrong of ['openai=4', 'openai/gpt=0', 'openai/gpt=many', 'openai/gpt:night shift=4'])
    expect(problemsOf({ AI_SLOTS: `openai/*=1,${wrong}` })).toEqual([
      'AI_SLOTS is not a list of slots: entry 2 is not like openai/gpt-4.1=20 or minimax/*:batch=4.',
    ]);
  expect(problemsOf({ AI_SLOTS: 'openai/*=1,openai/*=2' })).toEqual([
    'AI_SLOTS names the slots of entry 2 twice.',
  ]);
});

const batchSlots = (environment: Record<string, string>) => readConfig(environment).workerBatchConcurrency;

test('batch jobs have half of the places, at least one', () => {
  expect(batchSlots({})).toBe(4);
  expect(batchSlots({ WORKER_CONCURRENCY: '1' })).toBe(1);
  expect(batchSlots({ WORKER_CONCURRENCY: '5' })).toBe(2);
});

test('keys and upstreams say where model calls go; then the sandbox rests', () => {
  const file = join(temporaryFolder(), 'upstreams.json');
  writeFileSync(
    file,
    JSON.stringify([{ name: 'local', base_url: 'http://127.0.0.1:11434/v1/', models: ['llama'] }]),
  );
  const { ai } = readConfig({ OPENAI_API_KEY: 'sk-1', AI_UPSTREAMS: file });
  expect(ai.sandbox).toBe(false);
  expect(ai.upstreams).toEqual([
    { name: 'openai', baseUrl: 'https://api.openai.com/v1', apiKey: 'sk-1', models: undefined },
    { name: 'local', baseUrl: 'http://127.0.0.1:11434/v1', apiKey: undefined, models: ['llama'] },
  ]);
  expect(problemsOf({ AI_UPSTREAMS: './nowhere.json' })).toEqual([
    'AI_UPSTREAMS names a file that can not be read.',
  ]);
});

const problemsOfKeys = (fields: object) =>
  problemsOf({ AI_UPSTREAMS: JSON.stringify([{ name: 'own', base_url: 'http://127.0.0.1/v1', ...fields }]) });

test('an upstream has one key or several, each with a name and a weight', () => {
  const keys = [{ key: 'marker-1', name: 'first', weight: 3 }, { key: 'marker-2' }];
  const upstreams = JSON.stringify([{ name: 'own', base_url: 'http://127.0.0.1/v1', keys }]);
  expect(readConfig({ AI_UPSTREAMS: upstreams }).ai.upstreams[0]?.keys).toEqual([
    { key: 'marker-1', name: 'first', weight: 3 },
    { key: 'marker-2', name: 'key-2', weight: 1 },
  ]);
  expect([
    problemsOfKeys({ keys, api_key: 'marker-3' }),
    problemsOfKeys({ keys: [...keys, { key: 'marker-1' }] }),
    problemsOfKeys({ keys: [...keys, { key: 'marker-3', name: 'first' }] }),
    problemsOfKeys({ keys: [{ key: 'marker-1', weight: 0 }] }),
  ]).toEqual([
    ['AI_UPSTREAMS gives own an api_key beside its keys: list it there.'],
    ['AI_UPSTREAMS lists a key of own twice.'],
    ['AI_UPSTREAMS names a key of own twice.'],
    ['AI_UPSTREAMS is not a list of upstreams (see 0.keys.0.weight).'],
  ]);
});

test('secrets are never shown', () => {
  const { values } = readConfig({
    OPENAI_API_KEY: 'marker',
    DATABASE_URL: 'postgres://a:marker@b/c',
    METRICS_TOKEN: 'marker-marker-marker',
    AI_UPSTREAMS: '[]',
  });
  const all = settingNames()
    .map((name) => `${name}=${settingText(values, name)}`)
    .join('\n');
  expect(all).toContain('OPENAI_API_KEY=(set, hidden)');
  expect(all).toContain('DATABASE_URL=(set, hidden)');
  expect(all).not.toContain('marker');
});

test('the example file names every setting, and is itself a good configuration', () => {
  const uncommented = envExample().replaceAll(/^# ([A-Z0-9_]+=)/gm, '$1');
  const environment = parseEnv(uncommented);
  expect(Object.keys(environment)).toEqual(expect.arrayContaining([...settingNames()]));
  // Examples that are files, one that would be a key, and a second home of files.
  const without = {
    AI_CONFIG: '',
    AI_UPSTREAMS: '',
    MASTER_KEYS: '',
    ENCRYPTION_KEYS: '',
    BLOB_READ_WRITE_TOKEN: '',
  };
  // Those that are production's, in an example of development.
  const local = { PUBLIC_URL: 'http://localhost:3000', SESSION_ORIGINS: '', TRUSTED_PROXIES: '' };
  expect(problemsOf({ ...(environment as Record<string, string>), ...without, ...local })).toEqual([]);
  for (const name of settingNames()) expect(configMarkdown()).toContain(`\`${name}\``);
});

test('a CAPTCHA is set up whole or not at all, and its secret is not shown', () => {
  const whole = {
    CAPTCHA_VERIFY_URL: 'https://captcha.example/siteverify',
    CAPTCHA_SECRET: 'marker',
    CAPTCHA_SITE_KEY: 'site',
  };
  expect(readConfig({}).captcha).toBeUndefined();
  const config = readConfig(whole);
  expect(config.captcha).toEqual({
    verifyUrl: 'https://captcha.example/siteverify',
    secret: 'marker',
    siteKey: 'site',
  });
  expect(settingText(config.values, 'CAPTCHA_SECRET')).toBe('(set, hidden)');
  for (const name of Object.keys(whole)) {
    expect(problemsOf({ ...whole, [name]: '' })).toEqual([
      'CAPTCHA_VERIFY_URL, CAPTCHA_SECRET and CAPTCHA_SITE_KEY belong together: set all or none.',
    ]);
  }
});

test('a session lasts 90 days at most, or as many as are set', () => {
  expect(readConfig({}).sessionDays).toBe(90);
  expect(readConfig({ SESSION_LIFETIME_DAYS: '1' }).sessionDays).toBe(1);
  expect(problemsOf({ SESSION_LIFETIME_DAYS: '0' })).toEqual(['SESSION_LIFETIME_DAYS must be 1 to 3650.']);
});

test('a production process can not be told to end itself at a crash point', () => {
  const production = {
    NODE_ENV: 'production',
    EMBEDDED_DATABASE: 'true',
    EMBEDDED_MASTER_KEY: 'true',
    SANDBOX_AI: 'true',
    MAIL_TRANSPORT: 'outbox',
  };
  expect(problemsOf({ ...production, CRASH_AT: 'jobs.take:after' })).toEqual([
    'CRASH_AT ends the process on purpose and is for tests alone: unset it in production.',
  ]);
  expect(problemsOf({ CRASH_AT: 'jobs.take' })).toEqual([
    expect.stringContaining('CRASH_AT must name a crash point and a side of it'),
  ]);
  expect(readConfig({ CRASH_AT: 'jobs.take:after:2' }).crashAt).toBe('jobs.take:after:2');
});
