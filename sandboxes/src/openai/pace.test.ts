import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createOpenAISandbox, type OpenAISandbox } from './index.ts';

let sandbox: OpenAISandbox;

beforeAll(async () => {
  sandbox = await createOpenAISandbox();
});
afterEach(() => sandbox.faults.clear());
afterAll(() => sandbox.close());

const schema = { type: 'object', properties: { points: { type: 'array', items: { type: 'string' } } } };

/** Asks for a list as a stream, and answers the pieces in which it came. */
async function pieces(): Promise<string[]> {
  const response = await fetch(`${sandbox.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'sandbox-small',
      messages: [{ role: 'user', content: 'Crop rotation in small gardens' }],
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } },
      stream: true,
    }),
  });
  const read: string[] = [];
  for await (const piece of response.body ?? []) read.push(Buffer.from(piece).toString('utf8'));
  return read;
}

/** The words of a stream. */
function wordsOf(stream: readonly string[]): string {
  const events = stream
    .join('')
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'));
  return events
    .flatMap(
      (event) => (JSON.parse(event.slice(6)) as { choices: { delta: { content?: string } }[] }).choices,
    )
    .map(({ delta }) => delta.content ?? '')
    .join('');
}

test('a slow sandbox writes structured output in pieces: the same words as at once', async () => {
  const atOnce = await pieces();
  sandbox.setLatency(120);
  const slow = await pieces();
  sandbox.setLatency(0);
  expect(slow.length).toBeGreaterThan(2);
  expect(wordsOf(slow)).toBe(wordsOf(atOnce));
  expect(JSON.parse(wordsOf(slow))).toHaveProperty('points');
});

test('structured output that is cut ends within its words, slow or not', async () => {
  const whole = wordsOf(await pieces());
  for (const latency of [0, 60]) {
    sandbox.setLatency(latency);
    sandbox.faults.next({ kind: 'cut_stream', after: 4 });
    const cut = await pieces();
    expect(cut.join('')).not.toContain('[DONE]');
    expect(whole.startsWith(wordsOf(cut))).toBe(true);
    expect(wordsOf(cut).length).toBeLessThan(whole.length);
  }
  sandbox.setLatency(0);
});
