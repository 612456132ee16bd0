import { createPrices } from '#platform/ai';
import { createOpenAISandbox, PROFILE_NAMES } from '#sandbox/openai';
import { atEndOfFile } from '#test/closing';
import { describe, expect, test } from 'vitest';
import { openMemory } from '../coditect/memory/fixture.ts';
import { extractionFixture, idIn } from '../orbit/extraction-fixture.ts';
import { personOf } from '../prism/fixture.ts';
import { creatorOf } from '../reel/fixture.ts';
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

const office = await extractionFixture({ settings });
const memory = await openMemory({ settings });

/** From now on all products ask models of one family. */
function ask(profile: string, { modules }: App): void {
  const chain = [`${profile}/sandbox-small`];
  modules.ai.choose({ prices: createPrices({ overrides: rows }), aliases: { small: chain, large: chain } });
}

const BRIEF = [
  'Deliverables\n- An online shop with 300 products\n\nTimeline\nThe shop goes live on 4 May 2026.',
];

describe.each(PROFILE_NAMES)('a model that takes what %s does serves', (profile) => {
  test('the gateway, Reel, Prism, Adiuva and Orbit', async () => {
    ask(profile, office.app);
    const { call } = office;
    const customer = await office.customer('gateway.team', 'reel.pro', 'adiuva.pro');
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
    expect((await person.turn()).status).toBe(201);
    const { workspace, by, scope } = await office.office();
    const document = await office.document(workspace, BRIEF);
    await office.working(async () => {
      const post = await creatorOf(office, customer).draft();
      expect(post).toMatchObject({ status: 'completed' });
      const made = await by.ended(idIn(await by.ask(scope, [document]), 'extraction_id'));
      expect(made).toMatchObject({ status: 'completed', missing: [] });
    });
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
