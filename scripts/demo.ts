/** `npm run demo`: a creator's day on a server of its own, each call and answer printed. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApp } from '#app';
import { readConfig } from '#platform/config';
import { createOpenAISandbox } from '#sandbox/openai';
import { advance } from '#test/factories';
import { aDay } from './demo/day.ts';

const folder = mkdtempSync(join(tmpdir(), 'plinth demo '));
const sandbox = await createOpenAISandbox({ latencyMs: 200 });
const upstream = { name: 'sandbox', base_url: sandbox.url, api_key: sandbox.apiKey };
const app = await openApp({
  config: readConfig({
    DATA_DIR: folder,
    PORT: '0',
    LOG_LEVEL: 'error',
    AI_UPSTREAMS: JSON.stringify([{ ...upstream, models: ['sandbox-small', 'sandbox-large'] }]),
  }),
  version: 'demo',
  serve: true,
  work: true,
  migrate: true,
  owner: true,
  onLost(reason) {
    throw new Error(reason);
  },
});
try {
  const { url } = await app.server.listen();
  const owner = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as { api_key: string };
  const { db } = app.modules;
  const { denials } = await aDay({
    url,
    ownerKey: owner.api_key,
    advance: (interval) => advance(db, interval),
    nextCallHangs: () => sandbox.faults.next({ kind: 'hang' }),
    nextCallIsDear: () => sandbox.faults.next({ kind: 'usage', reasoning_tokens: 10_000_000 }),
    say: (line) => process.stdout.write(`${line}\n`),
  });
  process.stdout.write(`\nLimits met: ${Object.keys(denials).join(', ')}\n`);
} finally {
  await app.stop();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
}
