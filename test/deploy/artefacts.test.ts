import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { settingCalled, settingNames } from '#platform/config';
import { problemsOf } from '@plinth/testkit/fixtures/config-problems';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { VERBS } from '../../server/src/main/verbs.ts';
import { OPERATIONS } from '../../server/src/server/operations.ts';
import { ROOT } from '@plinth/testkit/house/source';
import { DEPLOY, deployedProcesses, IMAGE, manifests, read } from './processes.ts';

const deployed = await deployedProcesses();
const each = deployed.map((process) => [process.where, process] as const);

const isSecret = (name: string) => isSetting(name) && settingCalled(name).notes.secret === true;
const isSetting = (name: string) => settingNames().includes(name);
/** The setting that a variable sets: that of its file, where it leads to one. */
const settingOf = (name: string) => (isSetting(name) ? name : name.replace(/_FILE$/, ''));
/** Traces and the cloud's log, where this program has settings for them. */
const WATCHED = ['LOG_FORMAT', 'GOOGLE_CLOUD_PROJECT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];

/** A right value of each secret. */
const SECRETS: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres://plinth_app:secret@database/plinth',
  SYSTEM_DATABASE_URL: 'postgres://plinth_worker:secret@database/plinth',
  DIRECT_URL: 'postgres://plinth:secret@database/plinth',
  REDIS_URL: 'redis://:secret@redis:6379',
  MASTER_KEYS: `first:${Buffer.alloc(32, 7).toString('base64')}`,
  METRICS_TOKEN: 'a-long-random-word',
  OPENAI_API_KEY: 'sk-secret',
  SMTP_URL: 'smtp://user:secret@mail:587',
  STRIPE_SECRET_KEY: 'sk_test_secret',
  STRIPE_WEBHOOK_SECRET: 'whsec_secret',
  STRIPE_CONNECT_WEBHOOK_SECRET: 'whsec_connect',
  S3_ACCESS_KEY_ID: 'AKIA',
  S3_SECRET_ACCESS_KEY: 'secret',
  SENTRY_DSN: 'https://key@errors.example.com/1',
};

const isThere = (path: string) => existsSync(join(DEPLOY, path)) || existsSync(join(ROOT, path));

test('there is a server, a worker and a migration in each place', () => {
  const places = Map.groupBy(deployed, ({ where }) => where.split(/[/:]/)[0]);
  expect(new Set(places.keys())).toEqual(
    new Set(['cloud-run', 'compose.yaml', 'ecs', 'kubernetes', 'opentofu', 'systemd']),
  );
  for (const [, processes] of places)
    expect(processes.map(({ words }) => words.join(' ')).toSorted()).toEqual([
      'migrate up',
      'serve',
      'worker',
    ]);
});

test.each(each)(
  '%s: each variable is a setting, and a file is the file of a secret',
  (_where, { environment }) => {
    const names = Object.keys(environment).filter((name) => !WATCHED.includes(name));
    expect(names.filter((name) => !isSetting(settingOf(name)))).toEqual([]);
    expect(names.filter((name) => !isSetting(name) && !isSecret(settingOf(name)))).toEqual([]);
  },
);

test.each(each)('%s: production demands nothing more', (_where, { environment, user }) => {
  const given = Object.entries(environment).map(([name, value]) => {
    const setting = settingOf(name);
    return [setting, value === undefined || setting !== name ? SECRETS[setting] : value] as const;
  });
  expect(given.filter(([, value]) => value === undefined)).toEqual([]);
  const image = user === 'plinth' ? {} : IMAGE.environment;
  const all = Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
  expect(problemsOf({ ...image, ...all })).toEqual([]);
  expect({ ...image, ...all }['NODE_ENV']).toBe('production');
});

test.each(each)(
  '%s: its verb, ports, probes, user and the places it writes to are the program’s',
  (where, process) => {
    const { words, environment, ports, probes, writes, user, killedAfter } = process;
    expect(Object.keys(VERBS)).toContain(words[0]);
    const listens = [environment['PORT'] ?? IMAGE.environment['PORT'], environment['METRICS_PORT']];
    expect(ports.filter((port) => !listens.includes(String(port)))).toEqual([]);
    expect(probes.filter((probe) => !OPERATIONS.has(probe) && !Object.hasOwn(VERBS, probe))).toEqual([]);
    if (words[0] !== 'migrate' && !where.startsWith('systemd')) expect(probes).not.toEqual([]);
    expect(writes.filter((path) => path !== '/tmp' && path !== environment['DATA_DIR'])).toEqual([]);
    if (user !== undefined) expect([IMAGE.user, 'plinth']).toContain(user);
    // It is killed after all that it may take: not ready, draining, last words.
    const takes =
      Number(environment['SHUTDOWN_DELAY_SECONDS'] ?? 0) +
      Number(environment['SHUTDOWN_GRACE_SECONDS'] ?? 25);
    if (words[0] !== 'migrate' && killedAfter !== undefined)
      expect(killedAfter).toBeGreaterThanOrEqual(takes + 2);
  },
);

test('server, worker and migration have different rights', () => {
  const rightsOf = (of: (typeof deployed)[number]) =>
    Object.keys(of.environment)
      .map(settingOf)
      .filter((name) => isSetting(name) && isSecret(name));
  for (const process of deployed) {
    const rights = rightsOf(process);
    const verb = process.words[0];
    // The owner of the schema is the migration's alone, and what verifies calls from outside no job's.
    expect([process.where, rights.includes('DIRECT_URL')]).toEqual([process.where, verb === 'migrate']);
    if (verb !== 'serve') expect(rights).not.toContain('STRIPE_WEBHOOK_SECRET');
    expect([process.where, rights.includes('STRIPE_CONNECT_WEBHOOK_SECRET')]).toEqual([
      process.where,
      rights.includes('STRIPE_WEBHOOK_SECRET'),
    ]);
  }
  const accounts = Map.groupBy(
    deployed.filter(({ account }) => account !== undefined),
    ({ where }) => where.split('/')[0],
  );
  for (const [, processes] of accounts) expect(new Set(processes.map(({ account }) => account)).size).toBe(3);
});

test('the image runs as nobody, with the verbs that there are', () => {
  expect(IMAGE).toMatchObject({ user: '65532:65532', port: 6174 });
  expect(IMAGE.health).toEqual(['/usr/local/bin/node', 'server/bin/plinth.js', 'health']);
  expect(
    problemsOf({
      ...IMAGE.environment,
      ...SECRETS,
      PUBLIC_URL: 'https://a.example',
      MAIL_FROM: 'a@b.example',
      S3_BUCKET: 'plinth',
    }),
  ).toEqual([]);
  // .dockerignore leaves out no file that is copied into it.
  const kept = [...read('.dockerignore').matchAll(/^!(\S+)$/gm)].map(([, path = '']) => path);
  expect(kept.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

/** Each file of deploy/, from there. */
const files = readdirSync(DEPLOY, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !/\/(secrets|out)$/.test(entry.parentPath))
  .map(({ parentPath, name }) => join(parentPath, name).slice(DEPLOY.length + 1));

test('no secret has a value', () => {
  const shapes =
    /\b[sr]k_(live|test)_\w{8,}|whsec_\w{8,}|BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[A-Z0-9]{12,}|:\/\/[^\s/:@]+:[^\s/:@$%{'"]{4,}@/;
  const exempt = /:\/\/(USER:PASSWORD|default:PASSWORD)@/g;
  expect(files.filter((file) => shapes.test(read(`deploy/${file}`).replaceAll(exempt, '')))).toEqual([]);
  for (const { where, environment } of deployed) {
    const values = Object.entries(environment).filter(
      ([name, value]) => isSetting(name) && isSecret(name) && value !== undefined,
    );
    // An address without a password is none: Redis and the mail server of the same network.
    expect([
      where,
      values.filter(([, value]) => value !== '' && !/^(redis|smtp):\/\/[\w.:-]+$/.test(value ?? '')),
    ]).toEqual([where, []]);
  }
  const shapesOfSecrets = manifests('kubernetes').filter(([, { kind }]) => kind === 'Secret');
  for (const [, { stringData }] of shapesOfSecrets)
    expect(new Set(Object.values(stringData))).toEqual(new Set(['']));
});

test('the secrets of Kubernetes hold what pods look for, and those of compose are made', () => {
  const held = manifests('kubernetes').filter(([, { kind }]) => kind === 'Secret');
  const names = held.flatMap(([, { stringData }]) => Object.keys(stringData));
  const wanted = deployed
    .filter(({ where }) => where.startsWith('kubernetes'))
    .flatMap(({ environment }) => Object.keys(environment));
  expect(names.toSorted()).toEqual(
    [...new Set(wanted.filter((name) => name.endsWith('_FILE')).map(settingOf))].toSorted(),
  );
  const { secrets } = parse(read('deploy/compose.yaml'), { merge: true }) as {
    secrets: Record<string, { file: string }>;
  };
  const made = read('deploy/compose/up.sh');
  expect(Object.keys(secrets).filter((name) => !new RegExp(`\\b${name}\\b`).test(made))).toEqual([]);
});

test('deploy/README.md says of each file how far it was tried', () => {
  const page = read('deploy/README.md');
  const rows = [...page.matchAll(/^\| (.+?) \| (tried|parsed|only written)[ :|]/gm)];
  const named = rows.flatMap(([, paths = '']) =>
    [...paths.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path),
  );
  const isNamed = (file: string) =>
    named.some((path) => path === file || (path.endsWith('/') && file.startsWith(path)));
  expect(
    [...files, 'Dockerfile', '.dockerignore', '.github/workflows/release.yml'].filter(
      (file) => !isNamed(file),
    ),
  ).toEqual(['README.md']);
  expect(named.filter((path) => !isThere(path))).toEqual([]);
});
