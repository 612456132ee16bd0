import { type Reply, sendAs, walkClient } from '@plinth/testkit/crash/client';
import { readUntil } from '@plinth/testkit/crash/until';
import { CHAT, chat } from '../../products/gateway/testing/crashes.ts';
import { ask, type Generation, read } from '../../products/reel/testing/crashes.ts';

export type { Reply };

interface Mail {
  readonly template: string;
  readonly status: string;
}

/** A customer's program. Every one of its calls fails when the server dies; it may then be sent to another. */
export interface Client {
  /** One call, which is not made again. */
  call(call: string, more?: { body?: unknown; headers?: Record<string, string> }): Promise<Reply>;
  /** Asks for a post, and answers where it will be read. A refusal that says when to come back is followed. */
  ask(key: string): Promise<string>;
  /** Waits for the end of a post. */
  read(path: string): Promise<Generation>;
  /** Asks for a post and waits for its end. */
  create(key: string): Promise<Generation>;
  /** A chat completion, with an Idempotency-Key if one is named; answers its status and, if it failed, why. */
  chat(options: { key?: string; stream?: boolean }): Promise<string>;
  /** Takes a permit for work of its own and settles it without figures; answers how that ended. */
  borrow(key: string): Promise<string>;
  /** Registers a user and waits for what becomes of the first mail to them, which a platform admin can read. */
  register(email: string): Promise<string>;
  /** A streamed chat completion, piece by piece. */
  stream(): AsyncIterableIterator<string>;
}

export function clientOf(url: string, token: string): Client {
  const client = walkClient(url, token);
  const call: Client['call'] = (called, more) => sendAs(client, called, more);
  return {
    call,
    ask: (key) => ask(client, key),
    read: (path) => read({ call }, path),
    create: async (key) => read({ call }, await ask(client, key)),
    chat: (options) => chat(client, options),
    async borrow(key) {
      const body = { product: 'gateway', feature: 'external' };
      const taken = await client.call('POST /v1/permits', { body, headers: { 'idempotency-key': key } });
      if (taken.status !== 201) return codeOf(taken);
      const ended = await call(`POST /v1/permits/${String(taken.body['permit_id'])}/settle`, { body: {} });
      return ended.status === 200 ? String(ended.body['status']) : codeOf(ended);
    },
    async register(email) {
      const body = { email, password: 'Analytical-Engine-1843' };
      const { status } = await call('POST /v1/auth/register', { body });
      if (status !== 201) throw new Error(`a registration was answered with ${status}`);
      const readEnding = async () => {
        const { data = [] } = (await call(`GET /v1/admin/mail?to=${email}`)).body as { data?: Mail[] };
        const first = data.at(-1);
        return `${first?.template} ${first?.status}`;
      };
      return readUntil(readEnding, (ending) => ending.endsWith(' sent'));
    },
    async *stream() {
      const response = await fetch(`${url}/v1/ai/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...CHAT, stream: true }),
      });
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) yield decoder.decode(chunk, { stream: true });
    },
  };
}

export const ADMIN_PASSWORD = 'Difference-Engine-1822';

/** Accepts the invitation of a platform admin, grants them Reel and makes a key. */
export async function keyOfAdmin(
  url: string,
  { email, token }: { readonly email: string; readonly token: string },
): Promise<string> {
  const password = ADMIN_PASSWORD;
  const nobody = clientOf(url, '');
  await nobody.call('POST /v1/auth/accept-admin', { body: { token, password } });
  const { body: tokens } = await nobody.call('POST /v1/auth/login', { body: { email, password } });
  const admin = clientOf(url, String(tokens['access_token']));
  await admin.call('POST /v1/admin/grants', { body: { email, product: 'reel', plan: 'reel.pro' } });
  const body = { name: 'an admin', scopes: ['*'] };
  return String((await admin.call('POST /v1/api-keys', { body })).body['key']);
}

function codeOf({ body }: Reply): string {
  return (body['error'] as { code?: string } | undefined)?.code ?? 'unknown';
}
