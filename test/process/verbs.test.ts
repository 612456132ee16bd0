import { errorTrackerStandIn } from '@plinth/testkit/services/error-tracker';
import { createS3Sandbox } from '#sandbox/s3';
import { atEndOfFile } from '@plinth/testkit/closing';
import { startCollector } from '@plinth/testkit/services/collector';
import { temporaryFolder } from '@plinth/testkit/services';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startProgram } from '@plinth/testkit/program';

test('a verb that there is not is named, with the nearest that there is', async () => {
  const program = startProgram(['mgirate'], { environment: {}, cwd: temporaryFolder() });
  expect(await program.ended).toEqual({ code: 2, signal: null });
  expect(program.said()).toMatch(/^There is no verb "mgirate"\. Do you mean "plinth migrate"\?\n/);
});

/** Where each doctor comes after the other, and looks into the database that the first one made. */
const folder = temporaryFolder();

const OWN = {
  NODE_ENV: 'test',
  AI_UPSTREAMS: JSON.stringify([
    { name: 'own', base_url: 'http://127.0.0.1:9/v1', models: ['priced', 'guessed'] },
  ]),
  AI_CONFIG: JSON.stringify({
    version: '2026-11-21',
    prices: { 'own/priced': { input: 1, output: 2, source: 'a test' } },
    aliases: { house: ['own/priced'] },
    policies: { 'gateway.chat': { max_output_tokens: 7 } },
  }),
};

test('config shows what is in effect of AI_CONFIG', async () => {
  const program = startProgram(['config'], { environment: OWN, cwd: temporaryFolder() });
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(program.said()).toMatch(/^prices +\S+\+2026-11-21$/m);
  expect(program.said()).toMatch(/^alias house +own\/priced$/m);
  expect(program.said()).toMatch(/^policy gateway\.chat +\{"maxOutputTokens":7\}$/m);
});

test('config check says each fault of AI_CONFIG with its place, also of a file that is not in effect yet', async () => {
  const cwd = temporaryFolder();
  const check = async (...words: readonly string[]) => {
    const program = startProgram(['config', 'check', ...words], { environment: OWN, cwd });
    const { code } = await program.ended;
    return {
      code,
      said: program
        .said()
        .split('\n')
        .filter((line) => line !== ''),
    };
  };
  const right = await check();
  expect(right.code).toBe(0);
  expect(right.said).toEqual([
    expect.stringContaining('WARNING: no price of own/guessed: booked at $5'),
    expect.stringMatching(/^ok {4}prices \S+\+2026-11-21$/),
  ]);
  const aliases = { house: ['own/priced', 'own/none'], other: ['strange/model'] };
  const policies = { 'gateway.chat': { tries: 0 } };
  const models = { elsewhere: ['a'] };
  writeFileSync(join(cwd, 'next.json'), JSON.stringify({ version: '2026-11-22', aliases, policies, models }));
  expect(await check('next.json')).toEqual({
    code: 1,
    said: [
      expect.stringMatching(/^FAIL {2}AI_CONFIG: policies\.gateway\.chat\.tries: /),
      'FAIL  AI_CONFIG: models.elsewhere: there is no such upstream.',
      'FAIL  AI_CONFIG: aliases.house: no configured upstream has own/none.',
      'FAIL  AI_CONFIG: aliases.other: no configured upstream has strange/model.',
    ],
  });
  writeFileSync(
    join(cwd, 'next.json'),
    JSON.stringify({
      version: 'x',
      aliases: { house: { order: 'weight', models: [{ model: 'own/priced', weight: 0 }] } },
    }),
  );
  expect((await check('next.json')).said).toEqual([
    'FAIL  AI_CONFIG: version: must be a date, such as 2026-11-21 or 2026-11-21.2.',
    'FAIL  AI_CONFIG: aliases.house.models: the weights sum to nothing.',
  ]);
  expect(await check('nowhere.json')).toEqual({
    code: 1,
    said: ['FAIL  The file can not be read (ENOENT).'],
  });
});

test('doctor warns of an upstream’s model that has no price, and of no other', async () => {
  const program = startProgram(['doctor'], { environment: OWN, cwd: folder });
  await program.ended;
  expect(program.said()).toContain('WARNING: no price of own/guessed: booked at $5 and $20 a million tokens');
  expect(program.said()).toMatch(/^ok {4}helplines +(looked at|WARNING)/m);
  // The folder's database has no tables yet: whichever look fails says so, and none says it by a code of the database.
  expect(program.said()).toMatch(/^FAIL {2}plans +\d+ migrations are not applied/m);
  expect(program.said()).not.toContain('can not be used');
});

test.each([
  ['takes events of staging', { status: 200 }],
  ['does not know the project or the key of SENTRY_DSN (status 403)', { status: 403 }],
  ['answers with status 502', { status: 502 }],
])('doctor asks the tracker of errors, which %s, and makes no event', async (says, answer) => {
  const tracker = await errorTrackerStandIn();
  tracker.answer(answer);
  const environment = { ...OWN, SENTRY_DSN: tracker.dsn, SENTRY_ENVIRONMENT: 'staging' };
  const program = startProgram(['doctor'], { environment, cwd: folder });
  await program.ended;
  expect(program.said()).toContain(`${new URL(tracker.dsn).host} ${says}`);
  expect(tracker.requests()).toBe(1);
  expect(tracker.events).toEqual([]);
});

test.each([
  [/^ok +traces +127\.0\.0\.1:\d+ takes spans$/m, { status: 200 }],
  [/^FAIL +traces +127\.0\.0\.1:\d+ takes no spans \(status 404\)/m, { status: 404 }],
])('doctor asks the collector of traces, and says %s', async (says, answer) => {
  const collector = await startCollector();
  atEndOfFile(() => collector.close());
  collector.answer(answer);
  const environment = { ...OWN, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const program = startProgram(['doctor'], { environment, cwd: folder });
  await program.ended;
  expect(program.said()).toMatch(says);
});

test('doctor writes, reads and deletes in the bucket of files, and says whose pages may not send there', async () => {
  const sandbox = await createS3Sandbox();
  atEndOfFile(() => sandbox.close());
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  const environment = {
    ...OWN,
    S3_ENDPOINT: sandbox.url,
    S3_BUCKET: 'sandbox',
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
    S3_FORCE_PATH_STYLE: 'true',
    CORS_ORIGINS: 'https://app.example.com,app://',
  };
  const program = startProgram(['doctor'], { environment, cwd: folder });
  await program.ended;
  const { host } = new URL(sandbox.url);
  expect(program.said()).toMatch(
    new RegExp(`^ok +files +sandbox at ${host}: takes, gives back and deletes`, 'm'),
  );
  expect(program.said()).toMatch(
    /^FAIL +files: CORS +The bucket’s CORS rules do not let pages of https:\/\/app\.example\.com/m,
  );
  expect(program.said()).not.toContain(secretAccessKey);
});

test('errors of AI_CONFIG are reported with their place', async () => {
  const environment = { ...OWN, AI_CONFIG: '{"version":"2026-11-21","aliases":{"house":["own"]}}' };
  const program = startProgram(['config'], { environment, cwd: temporaryFolder() });
  expect((await program.ended).code).toBe(1);
  expect(program.said()).toContain('AI_CONFIG: aliases.house.0: must be provider/model.');
});
