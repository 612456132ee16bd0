import { setTimeout } from 'node:timers/promises';
import type { CallOptions, Reply, WalkClient } from '../../server/src/main/doors/testing/index.ts';

export type { Reply };

/** As long as a client of ours comes back: longer than the sweeper takes. */
const PATIENCE = 120_000;
const INTERVAL = 100;

/** A call of the server that listens there, made once. Throws when the server dies. */
export async function sendAs(
  { url, key }: Pick<WalkClient, 'url' | 'key'>,
  call: string,
  { body, headers }: CallOptions = {},
): Promise<Reply> {
  const [method = 'GET', path = '/'] = call.split(' ');
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson ? JSON.parse(text) : { text }) as Reply['body'],
  };
}

/** A customer with a key, at the server that listens there. */
export function walkClient(url: string, key: string): WalkClient {
  const client = { url, key };
  return { ...client, call: (call, options) => retryUntilDone(() => sendAs(client, call, options)) };
}

/** Comes back where an answer says when: another call has the key or the place. A broken connection ends it. */
export async function retryUntilDone(send: () => Promise<Reply>): Promise<Reply> {
  const late = Date.now() + PATIENCE;
  for (;;) {
    const reply = await send();
    if (!isTooEarly(reply)) return reply;
    if (Date.now() > late)
      throw new Error(`the server says ${reply.status} for two minutes: ${JSON.stringify(reply.body)}`);
    await setTimeout(INTERVAL);
  }
}

function isTooEarly({ status, headers }: Reply): boolean {
  return headers.has('retry-after') && (status === 409 || status === 429 || status === 503);
}
