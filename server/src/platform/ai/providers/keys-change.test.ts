import { expect, test } from 'vitest';
import type { Ai } from '../ai.ts';
import { createPrices } from '../metering/prices.ts';
import { chat, openAi } from '@plinth/testkit/fixtures/ai/open';
import { recordingPermit } from '@plinth/testkit/fixtures/ai/permit';
import { drivenTime } from '@plinth/testkit/fixtures/ai/time';
import { plainAnswer, scriptedUpstream, type ScriptedUpstream } from '@plinth/testkit/fixtures/ai/upstream';

const prices = createPrices({ allowUnpriced: ['own/*'] });
const keyCalled = (name: string, weight = 1) => ({ key: `sk-${name}`, name, weight });

/** A provider of `own/llama` that answers each key as the test says, and a gateway over it. */
async function opened(answer: (key: string) => number, keys: ReturnType<typeof keyCalled>[]) {
  const used: string[] = [];
  const held: (() => void)[] = [];
  const isHeld = { value: false };
  const upstream = await scriptedUpstream((response, { request }) => {
    const key = String(request.headers.authorization).replace('Bearer sk-', '');
    used.push(key);
    const status = answer(key);
    const send = () =>
      status === 200
        ? response.end(plainAnswer('tea'))
        : response.writeHead(status, { 'retry-after': '60' }).end('{}');
    if (isHeld.value) held.push(send);
    else send();
  });
  const own = (more: object) => ({ name: 'own', baseUrl: upstream.url, models: ['llama'], ...more });
  const time = drivenTime();
  const ai = openAi(
    { ...time, prices, upstreams: [own({ keys })] },
    { models: ['own/llama'], tries: 1, patience: 0 },
  );
  return { ai, own, used, upstream, held, isHeld, time };
}

const call = (ai: Ai) => ai.call(recordingPermit(), { feature: 'chat', wire: chat() });

async function ended(ai: Ai, upstream: ScriptedUpstream): Promise<void> {
  await ai.close();
  await upstream.close();
}

test.each([429, 401, 403])(
  'a key that was answered %i is left out still when others come, go, and change its name and weight',
  async (status) => {
    const keys = [keyCalled('one'), keyCalled('two')];
    const { ai, own, used, upstream } = await opened((key) => (key === 'one' ? status : 200), keys);
    for (let n = 0; n < 2; n += 1) await call(ai);
    used.length = 0;
    ai.choose({
      prices,
      upstreams: [own({ keys: [{ key: 'sk-one', name: 'renamed', weight: 9 }, keyCalled('three')] })],
    });
    for (let n = 0; n < 3; n += 1) await call(ai);
    expect(used).toEqual(['three', 'three', 'three']);
    await ended(ai, upstream);
  },
);

test('keys that came are called by their weights, and one that went no more', async () => {
  const { ai, own, used, upstream } = await opened(() => 200, [keyCalled('one')]);
  await call(ai);
  ai.choose({ prices, upstreams: [own({ keys: [keyCalled('two', 2), keyCalled('three')] })] });
  for (let n = 0; n < 6; n += 1) await call(ai);
  expect(used.toSorted()).toEqual(['one', 'three', 'three', 'two', 'two', 'two', 'two']);
  await ended(ai, upstream);
});

test('a call under way keeps its key, its upstream and the next model of its chain, whatever becomes of them', async () => {
  const { ai, own, used, upstream, held, isHeld } = await opened(
    (key) => (key === 'one' ? 401 : 200),
    [keyCalled('one'), keyCalled('two')],
  );
  isHeld.value = true;
  const underWay = call(ai);
  await upstream.received(1);
  const other = await scriptedUpstream((response) => response.end(plainAnswer('coffee')));
  ai.choose({ prices, upstreams: [own({ baseUrl: other.url, apiKey: 'sk-new' })] });
  isHeld.value = false;
  held[0]?.();
  await underWay;
  expect(used).toEqual(['one', 'two']);
  await call(ai);
  expect(other.requests).toHaveLength(1);
  await Promise.all([ended(ai, upstream), other.close()]);
});

test('another key or address in place of one that failed is called at once: its breaker is closed', async () => {
  const { ai, own, used, upstream } = await opened((key) => (key === 'one' ? 500 : 200), [keyCalled('one')]);
  for (let n = 0; n < 30; n += 1) await call(ai).catch(() => {});
  const before = used.length;
  await expect(call(ai)).rejects.toThrow();
  expect(used).toHaveLength(before);
  ai.choose({ prices, upstreams: [own({ apiKey: 'sk-two' })] });
  await call(ai);
  expect(used.at(-1)).toBe('two');
  await ended(ai, upstream);
});

test('an upstream that a policy still needs is not taken away: all stays as it was', async () => {
  const { ai, used, upstream } = await opened(() => 200, [keyCalled('one')]);
  expect(() => ai.choose({ prices, upstreams: [] })).toThrow('names a model that no configured provider has');
  await call(ai);
  expect(used).toEqual(['one']);
  await ended(ai, upstream);
});
