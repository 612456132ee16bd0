import { chmodSync, chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createS3Sandbox } from '#sandbox/s3';
import { atEndOfFile } from '@plinth/testkit/closing';
import { systemRandom } from '#platform/kernel';
import { masterKeyText } from '#platform/config';
import { newMasterKey } from '#platform/secrets';
import { expect, test, vi } from 'vitest';
import { engine, temporaryFolder, testDatabase, testLogin } from '@plinth/testkit/services';
import { freePort } from '@plinth/testkit/services/ports';
import { ADMIN_PASSWORD, clientOf, keyOfAdmin } from './client.ts';
import { endAll, startProgram } from '@plinth/testkit/program';

atEndOfFile(endAll);

/** One that the machine does not know, as a container has; only root can become it. */
const user = process.getuid?.() === 0 ? { uid: 65_532, gid: 65_532 } : undefined;
const EMAIL = 'ada@example.com';
/** What a small container has. */
const MEGABYTES = 512;

/** Secrets in files of the user who runs the server, as an orchestrator mounts them. */
function secretFiles(secrets: Readonly<Record<string, string>>): Record<string, string> {
  const folder = temporaryFolder();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  return Object.fromEntries(
    Object.entries(secrets).map(([name, secret]) => {
      const path = join(folder, name);
      writeFileSync(path, `${secret}\n`, { mode: 0o400 });
      if (user !== undefined) chownSync(path, user.uid, user.gid);
      return [`${name}_FILE`, path];
    }),
  );
}

/** What a production server needs where it may write nowhere: a bucket, a mail server, keys and two logins. */
async function settings(): Promise<Record<string, string>> {
  const database = await testDatabase();
  const tenant = await testLogin(database, 'grant plinth_tenant to $login');
  const system = await testLogin(database, 'grant plinth_system to $login');
  const bucket = await createS3Sandbox();
  atEndOfFile(() => bucket.close());
  return {
    NODE_ENV: 'production',
    PORT: String(await freePort()),
    PUBLIC_URL: 'http://127.0.0.1:1',
    MAIL_FROM: 'Plinth <plinth@example.com>',
    SANDBOX_AI: 'true',
    SANDBOX_LATENCY_MS: '200',
    SHUTDOWN_DELAY_SECONDS: '3',
    S3_ENDPOINT: bucket.url,
    S3_BUCKET: 'sandbox',
    S3_FORCE_PATH_STYLE: 'true',
    ...secretFiles({
      DATABASE_URL: tenant.url,
      SYSTEM_DATABASE_URL: system.url,
      MASTER_KEYS: masterKeyText(newMasterKey(systemRandom, 'one')),
      SMTP_URL: 'smtp://127.0.0.1:9',
      S3_ACCESS_KEY_ID: bucket.credentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: bucket.credentials.secretAccessKey,
    }),
  };
}

test.runIf(engine === 'postgres')(
  'a server of another user, who may write nowhere and has no HOME and 512 MB, serves; told to stop under load it is first not ready, and cuts nothing',
  { timeout: 180_000 },
  async () => {
    const environment = await settings();
    const run = (words: string[], more: Readonly<Record<string, string>> = {}) =>
      startProgram(words, { cwd: '/', environment: { ...environment, ...more }, flags: [], user });
    const program = run(['start']);
    const url = await program.url();
    // A volume is new, empty and open to all.
    const volume = temporaryFolder();
    chmodSync(volume, 0o755);
    if (user !== undefined) chownSync(volume, user.uid, user.gid);
    const invitation = run(['admin', 'invite', EMAIL], { DATA_DIR: volume });
    const [, token = ''] = await invitation.says(/accept-admin#(\S+)/);
    const client = clientOf(url, await keyOfAdmin(url, { email: EMAIL, token }));

    const health = run(['health']);
    expect([(await health.ended).code, health.said()]).toEqual([0, 'ready\n']);
    const smoke = run(['smoke', url], { SMOKE_EMAIL: EMAIL, SMOKE_PASSWORD: ADMIN_PASSWORD });
    expect([(await smoke.ended).code, smoke.said().match(/^\w+/gm)]).toEqual([0, Array(8).fill('ok')]);

    const seen = { isReady: true };
    const answers: unknown[] = [];
    const repeat = async (call: () => Promise<unknown>) => {
      while (seen.isReady) answers.push(await call().catch((error: unknown) => error));
    };
    const streamed = async () => {
      let text = '';
      for await (const piece of client.stream()) text += piece;
      return text.includes('[DONE]');
    };
    const load = [
      ...Array.from({ length: 6 }, () => repeat(async () => (await client.call('GET /v1/usage')).status)),
      ...Array.from({ length: 2 }, () => repeat(streamed)),
    ];
    await vi.waitUntil(() => answers.length > 50, { timeout: 60_000 });
    program.kill('SIGTERM');
    await vi.waitUntil(async () => (await fetch(`${url}/readyz`)).status === 503, { timeout: 60_000 });
    expect((await client.call('GET /v1/usage')).status).toBe(200);
    seen.isReady = false;
    await Promise.all(load);

    expect(new Set(answers)).toEqual(new Set([200, true]));
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${program.pid}/status`, 'utf8'))?.[1];
    expect(Number(peak)).toBeLessThan(MEGABYTES * 1_024);
    expect(await program.ended).toEqual({ code: 0, signal: null });
  },
);
