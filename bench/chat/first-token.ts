import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { makeCustomers } from '../customers.ts';
import { type Figures, quantile, round } from '../figures.ts';
import { ALONE, startProgram } from '../process.ts';
import { onDatabase } from '../server.ts';

/** Calls of a round, one after the other, by each way; those before the first round are not counted. */
const CALLS = 100;
/** A customer may ask 60 to 600 times a minute. */
const CUSTOMERS = 40;
/** Tokens of an answer, and the milliseconds between two of them. */
const WORDS = 40;
const PACE = 2;
/** The rules name the agent of it: it takes one model call, after one that moderates it. */
const MESSAGE = 'Show my tasks';

/** A call to the provider until it spoke, as it saw it, by the clock of this process. */
interface ProviderCall {
  readonly arrived: number;
  readonly spoke: number;
}

/**
 * Milliseconds until the first token, beyond what the calls to the provider take: of a question by a new socket, with the upgrade,
 * and of a stream through the gateway on a connection that is there. By turns, on one server.
 */
export function benchFirstToken(rounds: number, say: (line: string) => void): Promise<Figures> {
  return onDatabase(async (settings) => {
    const calls: ProviderCall[] = [];
    const provider = await startProvider(calls);
    const { port } = provider.address() as AddressInfo;
    const upstream = { name: 'sandbox', base_url: `http://127.0.0.1:${port}/v1`, api_key: 'bench' };
    const models = ['sandbox-small', 'sandbox-large'];
    const all = { ...settings, ...ALONE, AI_UPSTREAMS: JSON.stringify([{ ...upstream, models }]) };
    const keys = await makeCustomers(all, CUSTOMERS, 'adiuva.team', 'gateway.team');
    const server = await startProgram('start', all);
    const ways = {
      chat: (n: number) => chat(server.url, keys[n % CUSTOMERS] ?? ''),
      gateway: (n: number) => stream(server.url, keys[n % CUSTOMERS] ?? ''),
    };
    const takeRound = async (ask: (n: number) => Promise<number>) => {
      const added: number[] = [];
      for (let n = 0; n < CALLS; n += 1) {
        calls.length = 0;
        const took = await ask(n);
        added.push(took - calls.reduce((sum, { arrived, spoke }) => sum + spoke - arrived, 0));
      }
      return quantile(added, 0.5);
    };
    try {
      for (const ask of Object.values(ways)) await takeRound(ask);
      const pairs: { chat: number; gateway: number }[] = [];
      for (let n = 0; n < rounds; n += 1) {
        const pair = { gateway: await takeRound(ways.gateway), chat: await takeRound(ways.chat) };
        pairs.push(pair);
        say(`first token, ms added: ${JSON.stringify(pair)}`);
      }
      const median = (of: (pair: { chat: number; gateway: number }) => number) =>
        round(quantile(pairs.map(of), 0.5));
      return {
        chat_ms: median((pair) => pair.chat),
        gateway_ms: median((pair) => pair.gateway),
        times_gateway: median((pair) => pair.chat / pair.gateway),
      };
    } finally {
      await server.stop();
      provider.closeAllConnections();
      provider.close();
    }
  });
}

/** The time until the first frame, from before the upgrade. */
async function chat(url: string, key: string): Promise<number> {
  const began = performance.now();
  let first = Number.NaN;
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/chat/stream`);
  socket.on('open', () =>
    socket.send(JSON.stringify({ message: MESSAGE, context: { recent_tasks: [] }, access_token: key })),
  );
  socket.on('message', () => {
    if (Number.isNaN(first)) first = performance.now() - began;
  });
  const [code] = await once(socket, 'close');
  if (code !== 1_000) throw new Error(`a socket was closed with ${String(code)}`);
  return first;
}

async function stream(url: string, key: string): Promise<number> {
  const began = performance.now();
  let first = Number.NaN;
  const response = await fetch(`${url}/v1/ai/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'sandbox-small',
      stream: true,
      max_tokens: 200,
      messages: [{ role: 'user', content: MESSAGE }],
    }),
  });
  if (response.status !== 200 || response.body === null)
    throw new Error(`a stream was answered ${response.status}: ${await response.text()}`);
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    if (Number.isNaN(first) && Buffer.from(chunk).includes('"content":"w')) first = performance.now() - began;
  }
  return first;
}

/** A provider in OpenAI's protocol that answers at once, word by word. */
async function startProvider(calls: ProviderCall[]): Promise<Server> {
  const server = createServer((request, response) => {
    const arrived = performance.now();
    const spoken = () => calls.push({ arrived, spoke: performance.now() });
    request.resume().once('end', () => {
      if (request.url?.endsWith('/moderations') === true) moderate(response, spoken);
      else void speak(response, spoken);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** A message is looked at before it is answered. */
function moderate(response: ServerResponse, spoken: () => void): void {
  const result = { flagged: false, categories: {}, category_scores: {} };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ id: 'm', model: 'omni-moderation-latest', results: [result] }));
  spoken();
}

async function speak(response: ServerResponse, spoken: () => void): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const write = (choices: readonly object[], more: object = {}) =>
    response.write(
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'sandbox-small', choices, ...more })}\n\n`,
    );
  write([{ index: 0, delta: { role: 'assistant', content: 'word0 ' }, finish_reason: null }]);
  spoken();
  for (let n = 1; n < WORDS; n += 1) {
    await new Promise((resolve) => {
      setTimeout(resolve, PACE);
    });
    write([{ index: 0, delta: { content: `word${n} ` }, finish_reason: null }]);
  }
  write([{ index: 0, delta: {}, finish_reason: 'stop' }]);
  write([], { usage: { prompt_tokens: 20, completion_tokens: WORDS, total_tokens: 20 + WORDS } });
  response.end('data: [DONE]\n\n');
}
