import { afterAll, beforeEach } from 'vitest';
import { type BilledCall, createOpenAISandbox, type OpenAISandbox } from '../index.ts';

export interface Ask {
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly path?: string;
  readonly body?: object;
}

/** For tests: a sandbox, calls of it, and what they were billed. */
export interface Fixture {
  readonly sandbox: OpenAISandbox;
  ask(ask?: Ask): Promise<Response>;
  /** The calls that were billed since the test began. */
  billed(): readonly BilledCall[];
}

export const CHAT = {
  model: 'sandbox-small',
  messages: [{ role: 'user', content: 'Crop rotation in small gardens' }],
};
export const STREAM = { ...CHAT, stream: true, stream_options: { include_usage: true } };

/** Closed when the file's tests are over; each of them begins without faults. */
export async function createFixture(): Promise<Fixture> {
  const sandbox = await createOpenAISandbox();
  let before = 0;
  beforeEach(() => {
    sandbox.faults.clear();
    before = sandbox.bill().length;
  });
  afterAll(() => sandbox.close());
  return {
    sandbox,
    billed: () => sandbox.bill().slice(before),
    ask: ({ headers, signal, path = '/chat/completions', body = CHAT } = {}) =>
      fetch(sandbox.url + path, {
        method: 'POST',
        headers: { authorization: 'Bearer any', 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        ...(signal ? { signal } : {}),
      }),
  };
}
