import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError } from '#platform/config';
import { temporaryFolder } from '@plinth/testkit/services';
import { type Customer, type Reply, testApp } from '@plinth/testkit/services/app';

const path = join(temporaryFolder(), 'ai.json');
const ROW = { input: 1_000_000, output: 2_000_000, source: 'a test' };

function write(text: string | object): void {
  writeFileSync(`${path}.new`, typeof text === 'string' ? text : JSON.stringify(text));
  renameSync(`${path}.new`, path);
}

write({
  version: '2026-11-21',
  prices: { 'sandbox/sandbox-small': ROW },
  aliases: { ours: ['sandbox/sandbox-small'] },
});
const { call, customer, app } = await testApp({ settings: { AI_CONFIG: path } });
const { ai, aiSettings } = app.modules;
const who = await customer();

const ask = ({ key }: Customer, model: string): Promise<Reply> =>
  call(key, 'POST /v1/ai/chat/completions', {
    body: { model, messages: [{ role: 'user', content: 'Hello' }] },
  });
const countRefused = async () =>
  /^plinth_ai_settings_refused (\d)/m.exec(await app.telemetry.prometheus())?.[1];

test('the file is in effect from the start: an alias, and a price with its version', async () => {
  expect((await ask(who, 'ours')).status).toBe(200);
  expect(ai.prices.version).toMatch(/\+2026-11-21$/);
  expect(await countRefused()).toBe('0');
});

const GOOD = { version: '2026-11-22', aliases: { theirs: ['sandbox/sandbox-large'] } };

test('a file that changes is in effect without a restart', async () => {
  write(GOOD);
  await aiSettings.look();
  expect((await ask(who, 'theirs')).status).toBe(200);
  expect((await ask(who, 'ours')).status).toBe(404);
  expect(ai.prices.version).toMatch(/\+2026-11-22$/);
});

test.each([
  ['no JSON', '{"version":'],
  ['an alias of nobody', { version: '2026-11-23', aliases: { theirs: ['openai/gpt-9'] } }],
  ['other prices of the same version', { version: '2026-11-22', prices: { 'sandbox/sandbox-small': ROW } }],
])('one that is wrong is refused, and what was in effect stays: %s', async (_what, text) => {
  write(GOOD);
  await aiSettings.look();
  write(text);
  await aiSettings.look();
  expect(await countRefused()).toBe('1');
  expect(ai.prices.version).toMatch(/\+2026-11-22$/);
  expect((await ask(who, 'theirs')).status).toBe(200);
});

test('a start with one that is wrong stops, and says the place', async () => {
  const AI_CONFIG = JSON.stringify({ version: '2026-11-21', models: { mine: ['a'] } });
  const failure = await testApp({ settings: { AI_CONFIG } }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ConfigError);
  expect((failure as ConfigError).problems).toEqual(['AI_CONFIG: models.mine: there is no such upstream.']);
});
