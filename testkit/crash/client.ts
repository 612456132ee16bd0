import type { CallOptions, Reply } from '../../server/src/main/doors/testing/calls.ts';
import type { WalkClient } from '../../server/src/main/doors/testing/crashes.ts';
import { readUntil } from './until.ts';

export type { Reply };

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
export const retryUntilDone = (send: () => Promise<Reply>): Promise<Reply> =>
  readUntil(send, (reply) => !isTooEarly(reply));

function isTooEarly({ status, headers }: Reply): boolean {
  return headers.has('retry-after') && (status === 409 || status === 429 || status === 503);
}
