import { createPrices } from '#platform/ai';
import { createOpenAISandbox, PROFILE_NAMES } from '#sandbox/openai';
import { atEndOfFile } from '#test/closing';
import { describe, expect, test } from 'vitest';
import { testApp } from '#test/app';
import { openMemory } from '../coditect/memory/fixture.ts';
import { personOf } from '../prism/fixture.ts';
import type { App } from '../../src/app.ts';

const strict = await createOpenAISandbox();
atEndOfFile(() => void strict.close());
const upstreams = PROFILE_NAMES.map((name) => ({
  name,
  base_url: strict.url.replace('/v1', `/as/${name}/v1`),
  api_key: 'k',
  models: ['sandbox-small'],
}));
const usual = {
  name: 'sandbox',
  base_url: strict.url,
  api_key: 'k',
  models: ['sandbox-small', 'sandbox-embed'],
};
const ROW = { input: 100_000, output: 100_000, source: 'a test' };
const rows = Object.fromEntries(PROFILE_NAMES.map((name) => [`${name}/sandbox-small`, ROW]));
const settings = {
  AI_UPSTREAMS: JSON.stringify([usual, ...upstreams]),
  AI_CONFIG: JSON.stringify({ version: '2026-11-21', prices: rows }),
};

const office = await testApp({ settings, work: false });
const memory = await openMemory({ settings });

/** From now on all products ask models of one family. */
function ask(profile: string, { modules }: App): void {
  const chain = [`${profile}/sandbox-small`];
  modules.ai.choose({ prices: createPrices({ overrides: rows }), aliases: { small: chain, large: chain } });
}

describe.each(PROFILE_NAMES)('a model that takes what %s does serves', (profile) => {
  test('the gateway, Prism and Adiuva', async () => {
    ask(profile, office.app);
    const { call } = office;
    const customer = await office.customer('gateway.team', 'adiuva.pro');
    const messages = [{ role: 'user', content: 'Tea?' }];
    const chat = await call(customer.key, 'POST /v1/ai/chat/completions', {
      body: { model: 'small', messages },
    });
    expect(chat.status).toBe(200);
    const assistant = await call(customer.key, 'POST /v1/chat', {
      body: { message: 'Show my tasks', context: {} },
    });
    expect([assistant.status, assistant.body]).toEqual([200, expect.anything()]);
    const person = personOf(office, await office.person('prism.prism'));
    expect((await person.turn()).status).toBe(200);
  });

  test('Coditect’s summaries', async () => {
    ask(profile, memory.app);
    const ada = await memory.rememberer();
    const session = await ada.session('s');
    await ada.say(session, { client_id: '1', text: 'The heron waits at the edge of the pond all day.' });
    const { status, body } = await memory.call(ada.key, `POST /v1/sessions/${session}/summary`, {});
    expect([status, body]).toEqual([200, expect.objectContaining({ messages: 1 })]);
  });
});
