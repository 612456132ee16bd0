import { vi } from 'vitest';

export interface Reply {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Generation {
  readonly id: string;
  readonly status: string;
  readonly variants: readonly unknown[];
  readonly progress: { readonly done: number; readonly total: number };
  readonly error?: { readonly code: string };
}

interface Mail {
  readonly template: string;
  readonly status: string;
}

/** A customer's program. Every one of its calls fails when the server dies; it may then be sent to another. */
export interface Client {
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

export const VARIANTS = 2;
/** As long as a client of ours comes back: longer than the sweeper takes. */
const PATIENCE = { timeout: 120_000, interval: 100 };

const CHAT = {
  model: 'sandbox-small',
  messages: [{ role: 'user', content: 'Say hello to the launch crew.' }],
  max_tokens: 200,
};

export function clientOf(url: string, token: string): Client {
  async function call(called: string, more: { body?: unknown; headers?: Record<string, string> } = {}) {
    const [method = 'GET', path = '/'] = called.split(' ');
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...more.headers },
      ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      body: (isJson ? JSON.parse(text) : { text }) as Reply['body'],
    };
  }

  async function ask(key: string): Promise<string> {
    const body = { platform: 'linkedin', topic: 'Why small teams ship faster', variants: VARIANTS };
    const headers = { 'idempotency-key': key };
    const accepted = await retryUntilDone(() => call('POST /v1/create', { body, headers }));
    if (accepted.status !== 202) throw new Error(`a create was refused: ${JSON.stringify(accepted.body)}`);
    return String(accepted.body['status_url']);
  }

  async function read(path: string): Promise<Generation> {
    for (;;) {
      const { status, body } = await call(`GET ${path}?wait=20`);
      if (status !== 200) throw new Error(`a generation could not be read: ${JSON.stringify(body)}`);
      const generation = body as unknown as Generation;
      if (generation.status !== 'queued' && generation.status !== 'running') return generation;
    }
  }

  return {
    call,
    ask,
    read,
    create: async (key) => read(await ask(key)),
    async chat({ key, stream = false }) {
      const body = { ...CHAT, stream };
      const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
      const reply = await retryUntilDone(() => call('POST /v1/ai/chat/completions', { body, headers }));
      return reply.status === 200 ? 'answered' : codeOf(reply);
    },
    async borrow(key) {
      const body = { product: 'gateway', feature: 'external' };
      const headers = { 'idempotency-key': key };
      const taken = await retryUntilDone(() => call('POST /v1/permits', { body, headers }));
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
        return first?.status === 'sent' ? `${first.template} sent` : undefined;
      };
      return vi.waitUntil(readEnding, { ...PATIENCE, interval: 250 });
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

/** Comes back where an answer says when: another call has the key or the place. A broken connection ends it. */
export async function retryUntilDone(send: () => Promise<Reply>): Promise<Reply> {
  let reply = await send();
  let failure: unknown;
  await vi.waitUntil(async () => {
    if (!isTooEarly(reply)) return true;
    try {
      reply = await send();
    } catch (error) {
      failure = error;
    }
    return failure !== undefined || !isTooEarly(reply);
  }, PATIENCE);
  if (failure !== undefined) throw failure;
  return reply;
}

function isTooEarly({ status, retryAfter }: Reply): boolean {
  return retryAfter !== null && (status === 409 || status === 429 || status === 503);
}

function codeOf({ body }: Reply): string {
  return (body['error'] as { code?: string } | undefined)?.code ?? 'unknown';
}
