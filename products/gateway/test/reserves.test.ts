import { expect, test } from 'vitest';
import { imagePart, png } from '@plinth/testkit/fixtures/ai/pictures';
import { type Customer, type Reply, testApp } from '@plinth/testkit/services/app';

const { call, customer, sandbox, app } = await testApp();

const PROSE = 'The harbour was quiet, and nobody had seen the boat come in that night. ';

function ask({ key }: Customer, content: unknown, more: object = {}): Promise<Reply> {
  const messages = [{ role: 'user', content }];
  return call(key, 'POST /v1/ai/chat/completions', {
    body: { model: 'sandbox-large', messages, max_tokens: 50, ...more },
  });
}

async function recounts(result: 'fits' | 'too_large'): Promise<number> {
  const text = await app.telemetry.prometheus();
  const line = text
    .split('\n')
    .find((one) => one.startsWith(`plinth_reserve_recounts_total{`) && one.includes(`"${result}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

const errorOf = ({ status, body }: Reply): Readonly<Record<string, unknown>> => ({
  status,
  ...(body['error'] as object),
});

test('a picture of 300 KB is no text: on the free plan it is answered, and reserved as what the vendor bills', async () => {
  const who = await customer();
  const picture = imagePart(png(1_200, 900, 300_000));
  const answer = await ask(who, [{ type: 'text', text: 'What is this?' }, picture]);
  expect(errorOf(answer)).toMatchObject({ status: 200 });
  expect(sandbox.bill().at(-1)?.prompt_tokens).toBeLessThan(1_000);
});

test('300 KB of text fit a free plan’s day, whose budget their bytes do not: they are counted, and that is told', async () => {
  const who = await customer();
  const before = await recounts('fits');
  expect(errorOf(await ask(who, PROSE.repeat(4_200)))).toMatchObject({ status: 200 });
  expect(await recounts('fits')).toBe(before + 1);
});

test('a call that names no length of its own is counted before its answer is cut', async () => {
  const who = await customer();
  const before = await recounts('fits');
  const answer = await ask(who, PROSE.repeat(4_200), { max_tokens: undefined });
  expect(errorOf(answer)).toMatchObject({ status: 200 });
  expect(await recounts('fits')).toBe(before + 1);
});

test('what does not fit is denied by its budget, with its reset and what it needs, however often it is asked', async () => {
  const who = await customer();
  const before = await recounts('too_large');
  for (let n = 0; n < 2; n += 1)
    expect(errorOf(await ask(who, PROSE.repeat(14_000)))).toMatchObject({
      status: 429,
      code: 'limit_exceeded',
      message: expect.stringContaining('more than the whole limit daily_cost of $0.50') as string,
      details: {
        limit: 'daily_cost',
        max: 500_000,
        resets_at: expect.any(String) as string,
        upgrade: 'gateway.scale',
      },
    });
  expect(await recounts('too_large')).toBe(before + 2);
});
