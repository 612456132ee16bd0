import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** A provider that answers as the test says, for what the sandbox does not do: nonsense, odd chunks, dates. */
export interface ScriptedUpstream {
  readonly url: string;
  readonly requests: readonly { readonly headers: IncomingMessage['headers']; readonly body: string }[];
  /** Resolves when so many requests have come in. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function scriptedUpstream(
  answer: (response: ServerResponse, turn: { index: number; body: string; request: IncomingMessage }) => void,
): Promise<ScriptedUpstream> {
  const requests: { headers: IncomingMessage['headers']; body: string }[] = [];
  const waiting = new Set<{ count: number; resolve: () => void }>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const index = requests.push({ headers: request.headers, body }) - 1;
      for (const waiter of waiting) {
        if (requests.length >= waiter.count) waiter.resolve();
      }
      answer(response, { index, body, request });
    });
  });
  return {
    url: `http://127.0.0.1:${await listening(server)}/v1`,
    requests,
    received: (count) =>
      requests.length >= count
        ? Promise.resolve()
        : new Promise((resolve) => waiting.add({ count, resolve })),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Starts a server on a free port of the loopback. */
export async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return address.port;
}

/** A plain answer as OpenAI gives it. */
export function plainAnswer(
  content: string,
  usage: object | null = { prompt_tokens: 10, completion_tokens: 5 },
): string {
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: 'm',
    choices,
    ...(usage === null ? {} : { usage }),
  });
}

/** One event of a stream. */
export function streamEvent(fields: object): string {
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', ...fields })}\n\n`;
}

export function delta(content: string): string {
  return streamEvent({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
}
