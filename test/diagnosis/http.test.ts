import { expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';

const SECRET = 'sk-only-in-this-test';
const app = await testApp({
  settings: {
    METRICS_TOKEN: `${SECRET}-metrics`,
    SENTRY_DSN: `http://${SECRET.replaceAll('-', '')}@tracker.invalid:9/1`,
    S3_BUCKET: 'bucket',
    S3_ENDPOINT: 'http://s3.invalid:9',
    S3_ACCESS_KEY_ID: 'id',
    S3_SECRET_ACCESS_KEY: SECRET,
  },
});
const [admin, member] = [await app.admin(), await app.customer()];

test('platform admins alone read the settings in effect, and of a secret only that it is set', async () => {
  const { body } = await app.call(admin.key, 'GET /v1/admin/config');
  const settings = body['data'] as { name: string; value: string | null; is_set: boolean }[];
  const of = (name: string) => settings.find((one) => one.name === name);
  expect(of('S3_SECRET_ACCESS_KEY')).toMatchObject({ is_secret: true, is_set: true, value: null });
  expect(of('S3_BUCKET')).toMatchObject({ is_secret: false, is_set: true, value: 'bucket' });
  expect(of('SMTP_URL')).toMatchObject({ is_set: false, value: null });
  expect(JSON.stringify(body)).not.toContain('only');
  expect((await app.call(member.key, 'GET /v1/admin/config')).status).toBe(403);
});

test('they hear what is wrong, without paths and addresses', async () => {
  const { body } = await app.call(admin.key, 'GET /v1/admin/doctor');
  const findings = body['data'] as { name: string; status: string; says: string }[];
  const of = (name: string) => findings.find((one) => one.name === name);
  expect(of('database')).toMatchObject({ status: 'ok', says: expect.stringMatching(/up to date/) });
  expect(of('error tracker')).toMatchObject({
    status: 'failed',
    says: expect.stringMatching(/^… can not be reached/),
  });
  const { dataDir } = app.app.modules.options.config;
  for (const place of [dataDir, 'invalid', '127.0.0.1', SECRET])
    expect(JSON.stringify(body)).not.toContain(place);
  expect((await app.call(member.key, 'GET /v1/admin/doctor')).status).toBe(403);
});
