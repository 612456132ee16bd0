import { WebSocket } from 'ws';
import type { ExchangeRequest } from './caller.ts';
import type { Answer } from './history.ts';
import { field } from './oracle/answers.ts';

/** Close codes of WebSockets (docs/sockets.md). */
const DONE = 1_000;
const STATUS = 4_000;

interface Talk {
  readonly token: string;
  readonly signal: AbortSignal;
  readonly asked: ExchangeRequest;
}

/** Makes a call by a WebSocket; what it ends with is told as the answer of its POST. */
export function talk(
  url: string,
  { token, signal, asked }: Talk,
): Promise<{ readonly answer: Answer | undefined; readonly failure?: string }> {
  const headers = {
    authorization: `Bearer ${token}`,
    'x-request-id': asked.id,
    ...(asked.key === undefined ? {} : { 'idempotency-key': asked.key }),
  };
  const socket = new WebSocket(url.replace('http', 'ws'), { headers });
  const leave = () => socket.terminate();
  signal.addEventListener('abort', leave);
  return new Promise((resolve) => {
    let last = '';
    let failure = 'the socket was cut';
    socket.on('open', () => socket.send(asked.body));
    socket.on('message', (data: Buffer) => (last = data.toString()));
    // Refused before the upgrade: it says so by HTTP.
    socket.on('unexpected-response', (request, response) => {
      const { statusCode: status = 0, headers: told } = response;
      void response.toArray().then(
        (parts) =>
          resolve({ answer: answerOf(status, Buffer.concat(parts).toString(), told['retry-after']) }),
        () => resolve({ answer: undefined, failure }),
      );
      response.once('close', () => request.destroy());
    });
    socket.on('error', (error) => (failure = error.message));
    socket.on('close', (code) => {
      signal.removeEventListener('abort', leave);
      if (code === DONE) resolve({ answer: answerOf(200, last) });
      else if (code > STATUS) resolve({ answer: answerOf(code - STATUS, last) });
      else resolve({ answer: undefined, failure: `${failure}, ${code}` });
    });
  });
}

function answerOf(status: number, text: string, header?: string): Answer {
  const body: unknown = parse(text);
  const error = field(body, 'error');
  const [code, wait] = [field(error, 'code'), field(error, 'retry_after')];
  return {
    status,
    code: typeof code === 'string' ? code : undefined,
    retryAfter: header ?? (typeof wait === 'number' ? String(wait) : undefined),
    // A socket has no headers, so a repeat looks like the first answer.
    replayed: false,
    whole: body !== undefined,
    body,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
