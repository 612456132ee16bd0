import type { Chance } from './chance.ts';
import type { Answer, Exchange, History } from './history.ts';
import { field } from './oracle/answers.ts';
import { talk } from './socket.ts';

/** A caller takes a connection for broken after so long without a byte: milliseconds. */
const PATIENCE = 6_000;

/** One request, before it is sent. */
export interface Call {
  readonly route: string;
  readonly path?: string;
  readonly key?: string;
  readonly body?: unknown;
  /** Milliseconds after which the caller leaves on purpose. */
  readonly patience?: number;
  /** The path at which it is made by a WebSocket. */
  readonly socket?: string;
}

export interface CallerParts {
  readonly name: string;
  readonly account: string;
  readonly token: string;
  /** The addresses of the API processes. */
  readonly nodes: readonly string[];
  readonly history: History;
  readonly chance: Chance;
}

export interface Caller {
  readonly parts: CallerParts;
  /** Sends a request to one of the nodes, by chance if none is named, and writes down what came of it. */
  send(call: Call, node?: number): Promise<Exchange>;
  /**
   * Sends one that has one effect however often it is sent, as clients do that are not sure of it: at times to two nodes at
   * once, and again, to another node, while nothing certain was heard.
   */
  repeat(call: Call): Promise<Exchange>;
}

export type ExchangeRequest = Omit<Exchange, 'ended' | 'answer'>;

interface SendInput {
  readonly method: string;
  readonly signal: AbortSignal;
  readonly asked: ExchangeRequest;
}

export function openCaller(parts: CallerParts): Caller {
  const { chance, nodes, history } = parts;
  let sent = 0;

  async function send(call: Call, node = chance.between(0, nodes.length - 1)): Promise<Exchange> {
    sent += 1;
    const [method = 'GET', path = '/'] = call.route.split(' ');
    const asked: ExchangeRequest = {
      id: `${parts.name}-${sent}`,
      caller: parts.name,
      account: parts.account,
      route: call.route,
      path: call.path ?? path,
      key: call.key,
      body: call.body === undefined ? '' : JSON.stringify(call.body),
      node,
      leaves: call.patience !== undefined,
      asked: Date.now(),
    };
    const signal = AbortSignal.timeout(call.patience ?? PATIENCE);
    const heard =
      call.socket === undefined
        ? await exchange(`${nodes[node]}${asked.path}`, { method, signal, asked })
        : await talk(`${nodes[node]}${call.socket}`, { token: parts.token, signal, asked });
    const ended = { ...asked, ...heard, ended: Date.now() };
    history.add(ended);
    return ended;
  }

  async function exchange(url: string, { method, signal, asked }: SendInput) {
    try {
      const response = await fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${parts.token}`,
          'x-request-id': asked.id,
          ...(asked.body === '' ? {} : { 'content-type': 'application/json' }),
          ...(asked.key === undefined ? {} : { 'idempotency-key': asked.key }),
        },
        ...(asked.body === '' ? {} : { body: asked.body }),
        signal,
      });
      return { answer: await answerOf(response) };
    } catch (error) {
      return { answer: undefined, failure: error instanceof Error ? error.message : String(error) };
    }
  }

  async function repeat(call: Call): Promise<Exchange> {
    const first = chance.between(0, nodes.length - 1);
    const twice = chance.happens(0.15) ? [send(call, (first + 1) % nodes.length)] : [];
    let [latest] = await Promise.all([send(call, first), ...twice]);
    for (let tries = chance.between(0, 3); tries > 0 && isUncertain(latest); tries -= 1) {
      latest = await send(call, (latest.node + 1) % nodes.length);
    }
    return latest;
  }

  return { parts, send, repeat };
}

/** Nothing was heard, or not all of it, or that another request with this key is under way. */
function isUncertain({ answer }: Exchange): boolean {
  return answer === undefined || !answer.whole || answer.status >= 500 || answer.status === 409;
}

async function answerOf(response: Response): Promise<Answer> {
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const told = {
    status: response.status,
    retryAfter: response.headers.get('retry-after') ?? undefined,
    replayed: response.headers.get('idempotent-replayed') === 'true',
  };
  let text = '';
  try {
    for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) text += part;
    const body: unknown = isJson ? JSON.parse(text) : text;
    const code = field(field(body, 'error'), 'code');
    return { ...told, whole: true, body, code: typeof code === 'string' ? code : undefined };
  } catch {
    return { ...told, whole: false, body: text === '' ? undefined : text, code: undefined };
  }
}
