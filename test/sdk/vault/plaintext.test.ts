import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@plinth/sdk';
import { createVault, memoryStore } from '@plinth/sdk/vault';
import { errorTrackerStandIn } from '@plinth/testkit/services/error-tracker';
import { temporaryFolder } from '@plinth/testkit/services';
import { afterAll, expect, it } from 'vitest';
import { endAll, startProgram } from '@plinth/testkit/program';
import { QUICK, streamOf } from './streams.ts';

afterAll(endAll);

const MARKER = 'the-marker-of-this-test-9f3b';
/** What the server may know: that the search finds it shows that it searches. */
const KNOWN = 'an-id-that-the-server-reads';
const encodings = (['utf8', 'base64', 'hex'] as const).map((encoding) =>
  // A part of it that base64 has wherever the marker begins.
  encoding === 'base64' ? MARKER : Buffer.from(MARKER).toString(encoding),
);
const inBase64 = [0, 1, 2].map((shift) =>
  Buffer.from('x'.repeat(shift) + MARKER)
    .toString('base64')
    .slice(4, 30),
);

/** An uncaught defect, on demand: the tracker of errors is told of it with what the program knows then. */
const DEFECT = `process.on('SIGUSR2', () => { throw new TypeError('a defect of a test'); });`;
const TOKEN = 'metrics-token-of-the-plaintext-test-0123456';

it('what a vault keeps and a chat says is found in no file of the server, none of its words, no metric and no report of a defect', async () => {
  const cwd = temporaryFolder();
  const tracker = await errorTrackerStandIn();
  const program = startProgram(['start'], {
    cwd,
    environment: {
      DATA_DIR: 'data',
      PORT: '0',
      LOG_LEVEL: 'debug',
      METRICS_TOKEN: TOKEN,
      SENTRY_DSN: tracker.dsn,
    },
    flags: [`--import=data:text/javascript,${encodeURIComponent(DEFECT)}`],
  });
  const baseUrl = await program.url();
  const { api_key: apiKey } = JSON.parse(readFileSync(join(cwd, 'data/owner.json'), 'utf8')) as {
    api_key: string;
  };
  const client = createClient({ baseUrl, apiKey });
  const { id: accountId } = await client.call('GET /v1/account', {});
  const options = { client, accountId, store: memoryStore() };
  const { vault, recoveryKey = '' } = await createVault(options, { passphrase: MARKER, cost: QUICK });
  const id = await vault.put('notes', { title: MARKER });
  await vault.sync();
  await vault.put('notes', { title: `${MARKER} again` }, id);
  await vault.put('notes', MARKER.repeat(3_000));
  await vault.sync();
  await vault.backup(streamOf(Buffer.from(MARKER.repeat(10_000))));
  const embedding = Array.from({ length: 64 }, (_, index) => index + 0.123456789);
  await vault.vectors.upsert([{ id: KNOWN, embedding, value: { text: MARKER }, revision: 0 }]);
  expect(await vault.vectors.search(embedding)).toMatchObject([{ id: KNOWN, value: { text: MARKER } }]);
  const context = { recent_tasks: [{ id: KNOWN, title: MARKER }] };
  await client.adiuva.chat({ message: `Show my tasks, ${MARKER}`, context });
  await expect(client.adiuva.chat({ message: MARKER, context: { [MARKER]: 1 } as object })).rejects.toThrow();
  const metrics = await fetch(`${baseUrl}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const told = await metrics.text();
  expect(told).toContain('plinth_');
  program.kill('SIGUSR2');
  await program.ended;
  expect(tracker.events).toHaveLength(1);

  const secrets = [...encodings, ...inBase64, recoveryKey, recoveryKey.replace(/-/g, ''), '0.123456789'];
  const files = readdirSync(cwd, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  expect(files.length).toBeGreaterThan(100);
  const withAny = (words: readonly string[]) =>
    files.filter((file) => {
      const bytes = readFileSync(join(file.parentPath, file.name));
      return words.some((word) => bytes.includes(word));
    });
  expect(withAny([KNOWN])).not.toEqual([]);
  expect(withAny(secrets).map(({ name }) => name)).toEqual([]);
  const words = [program.said(), told, tracker.text()];
  expect(secrets.filter((secret) => words.some((text) => text.includes(secret)))).toEqual([]);
});
