import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type BilledCall, createOpenAISandbox, type Fault, type OpenAISandbox } from './index.ts';

/** Faults of a provider that bills what it never showed. */

let sandbox: OpenAISandbox;
let before: number;

beforeAll(async () => {
  sandbox = await createOpenAISandbox();
});
beforeEach(() => {
  sandbox.faults.clear();
  before = sandbox.bill().length;
});
afterAll(() => sandbox.close());

const billed = (): readonly BilledCall[] => sandbox.bill().slice(before);

function ask(more: object = {}, signal?: AbortSignal): Promise<Response> {
  const messages = [{ role: 'user', content: 'Crop rotation in small gardens' }];
  return fetch(`${sandbox.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer any' },
    body: JSON.stringify({ model: 'sandbox-reasoning', messages, ...more }),
    ...(signal === undefined ? {} : { signal }),
  });
}

const STREAM = { stream: true, stream_options: { include_usage: true } };
const THOUGHT = { reasoning_tokens: 70 };

async function packets(response: Response): Promise<string[]> {
  const found: string[] = [];
  for await (const chunk of response.body ?? []) found.push(new TextDecoder().decode(chunk));
  return found;
}

describe('what was thought and never shown is on the bill', () => {
  test.each<[string, Fault]>([
    ['of a stream that is cut', { kind: 'cut_stream', after: 2, ...THOUGHT }],
    [
      'of a stream that is cut before its first event',
      { kind: 'cut_stream', before: 'first_event', ...THOUGHT },
    ],
    ['of a whole stream without usage', { kind: 'missing_usage', ...THOUGHT }],
  ])('%s', async (_, fault) => {
    const shown = await (await ask(STREAM)).text();
    sandbox.faults.next(fault);
    expect(await (await ask(STREAM)).text()).not.toContain('reasoning_tokens');
    const [usual, thought] = billed();
    expect(thought?.reasoning_tokens).toBe(70);
    expect(thought?.completion_tokens).toBe((usual?.completion_tokens ?? 0) + 70);
    expect(thought?.fault?.kind).toBe(fault.kind);
    expect(shown).toContain('[DONE]');
  });

  test.each<[string, Fault]>([
    ['of a connection that is reset', { kind: 'reset', billed: true, ...THOUGHT }],
    ['of a stream that is dropped before its first event', firstDropped()],
  ])('%s', async (_, fault) => {
    sandbox.faults.next(fault);
    await expect(ask(STREAM).then((response) => response.text())).rejects.toThrow(/failed|terminated/);
    expect(billed()).toMatchObject([{ reasoning_tokens: 70 }]);
  });

  test('of a call that hangs until its caller leaves', async () => {
    sandbox.faults.next({ kind: 'hang', billed: true, ...THOUGHT });
    await expect(ask({}, AbortSignal.timeout(100))).rejects.toThrow(/aborted/);
    await vi.waitFor(() => expect(billed()).toMatchObject([{ hung_up: true, reasoning_tokens: 70 }]), {
      timeout: 120_000,
    });
  });

  test('and never more of it than the cap of the reply leaves', async () => {
    sandbox.faults.next({ kind: 'missing_usage', reasoning_tokens: 1_000 });
    await (await ask({ max_tokens: 200 })).text();
    expect(billed()).toMatchObject([{ completion_tokens: 200 }]);
  });
});

function firstDropped(): Fault {
  return { kind: 'cut_stream', before: 'first_event', abrupt: true, ...THOUGHT };
}

test('a stream that is cut before its first event has headers, and nothing else', async () => {
  sandbox.faults.next({ kind: 'cut_stream', before: 'first_event' });
  const response = await ask(STREAM);
  expect(response.status).toBe(200);
  expect(await response.text()).toBe('');
  expect(billed()).toHaveLength(1);
});

test('[DONE] can come in two packets', async () => {
  const usual = await (await ask(STREAM)).text();
  sandbox.faults.next({ kind: 'split_done', ms: 100 });
  const found = await packets(await ask(STREAM));
  expect(found.at(-1)).toBe('NE]\n\n');
  expect(found.join('').replaceAll(/"id":"[^"]+","created":\d+/g, '')).toBe(
    usual.replaceAll(/"id":"[^"]+","created":\d+/g, ''),
  );
});
