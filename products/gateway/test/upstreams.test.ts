import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { atEndOfFile } from '@plinth/testkit/closing';
import { plainAnswer, scriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';
import { temporaryFolder } from '@plinth/testkit/services';
import { testApp } from '@plinth/testkit/services/app';

const folder = temporaryFolder();
const files = { AI_UPSTREAMS: join(folder, 'upstreams.json'), AI_CONFIG: join(folder, 'ai.json') };

function write(name: keyof typeof files, text: string | object): void {
  writeFileSync(`${files[name]}.new`, typeof text === 'string' ? text : JSON.stringify(text));
  renameSync(`${files[name]}.new`, files[name]);
}

const used: string[] = [];
const provider = await scriptedUpstream((response, { request }) => {
  used.push(String(request.headers.authorization).replace('Bearer sk-', ''));
  response.end(plainAnswer('tea'));
});
atEndOfFile(() => provider.close());
const own = (...keys: readonly string[]) => [
  {
    name: 'own',
    base_url: provider.url,
    models: ['llama'],
    keys: keys.map((name) => ({ key: `sk-${name}`, name })),
  },
];
const config = (version: string, model: string) => ({ version, aliases: { ours: [`own/${model}`] } });

write('AI_UPSTREAMS', own('one'));
write('AI_CONFIG', config('2026-11-21', 'llama'));
const { call, customer, admin, app } = await testApp({ settings: files });
const { key } = await customer();
const operator = await admin();
const { aiSettings } = app.modules;

async function asked(model = 'ours', times = 2): Promise<readonly (string | number)[]> {
  used.length = 0;
  for (let n = 0; n < times; n += 1) {
    const { status } = await call(key, 'POST /v1/ai/chat/completions', {
      body: { model, messages: [{ role: 'user', content: 'Hello' }] },
    });
    if (status !== 200) return [status];
  }
  return used.toSorted();
}
const countRefused = async () =>
  /^plinth_ai_settings_refused (\d)/m.exec(await app.telemetry.prometheus())?.[1];

test('keys of the file of AI_UPSTREAMS come and go without a restart, and the operator is shown those that there are', async () => {
  expect(await asked()).toEqual(['one', 'one']);
  write('AI_UPSTREAMS', own('two', 'three'));
  await aiSettings.look();
  expect(await asked()).toEqual(['three', 'two']);
  const { body } = await call(operator.key, 'GET /v1/admin/providers');
  const [llama] = body['data'] as readonly { readonly keys: readonly { readonly name: string }[] }[];
  expect(llama?.keys.map(({ name }) => name)).toEqual(['two', 'three']);
  const { body: doctor } = await call(operator.key, 'GET /v1/admin/doctor');
  expect(JSON.stringify(doctor)).toContain('each of 2 keys');
});

test.each([
  ['no JSON', '[{'],
  ['a key twice', own('four', 'four')],
  ['an upstream less that an alias names', []],
])('one that is wrong is refused, and what was in effect stays: %s', async (_what, text) => {
  write('AI_UPSTREAMS', own('two'));
  await aiSettings.look();
  expect(await countRefused()).toBe('0');
  write('AI_UPSTREAMS', text);
  await aiSettings.look();
  expect(await countRefused()).toBe('1');
  expect(await asked()).toEqual(['two', 'two']);
});

test('models of an upstream and the alias that names them change together, whichever file is seen first', async () => {
  write('AI_CONFIG', config('2026-11-22', 'mistral'));
  await aiSettings.look();
  expect([await countRefused(), await asked()]).toEqual(['1', ['two', 'two']]);
  write('AI_UPSTREAMS', [{ ...own('five')[0], models: ['mistral'] }]);
  await aiSettings.look();
  expect([await countRefused(), await asked('own/mistral')]).toEqual(['0', ['five', 'five']]);
  expect(await asked('own/llama')).toEqual([404]);
});

test('a wrong AI_CONFIG does not hold back other keys', async () => {
  write('AI_CONFIG', '{');
  write('AI_UPSTREAMS', [{ ...own('six')[0], models: ['mistral'] }]);
  await aiSettings.look();
  expect([await countRefused(), await asked()]).toEqual(['1', ['six', 'six']]);
});
