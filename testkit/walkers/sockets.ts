import { WebSocket } from 'ws';
import type { Route } from '#platform/http';
import { isRecord, parseJson, type Reply, requestOf, type CallInput } from './calls.ts';

/** What was heard at the end of a call; status 0 is a connection that was closed without a word. */
export interface Heard {
  readonly status: number;
  readonly requestId: string | undefined;
  readonly text: string;
}

export interface Speech {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is a frame of text, and bytes are a frame of bytes. */
  readonly frames: readonly (string | Buffer)[];
}

/** Longer than anything here takes on a busy machine. */
const PATIENCE = 60_000;

/** Opens a socket, sends all frames and hears its end: as a status, the last frame as a body. */
export function speak(url: string, { path, headers = {}, frames }: Speech): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, { headers });
    const timer = setTimeout(() => {
      reject(new Error('no answer'));
      socket.terminate();
    }, PATIENCE);
    let last = '';
    let isAnswered = false;
    socket.on('open', () => {
      for (const frame of frames) socket.send(frame);
    });
    socket.on('message', (data: Buffer) => {
      last = data.toString();
    });
    socket.on('unexpected-response', (request, response) => {
      isAnswered = true;
      clearTimeout(timer);
      const { statusCode: status = 0, headers: given } = response;
      const requestId = String(given['x-request-id']);
      void response
        .toArray()
        .then((chunks) => resolve({ status, requestId, text: Buffer.concat(chunks).toString() }))
        .finally(() => request.destroy());
    });
    // A frame that is refused before it was sent whole may be cut.
    socket.on('error', () => {});
    socket.on('close', (code) => {
      if (isAnswered) return;
      clearTimeout(timer);
      resolve(heardIn(code, last));
    });
  });
}

/** The status that a close code stands for, and the last frame as HTTP would have it: there Retry-After is a header. */
function heardIn(code: number, last: string): Heard {
  const status = code === 1_000 ? 200 : code > 4_000 ? code - 4_000 : 0;
  const said = parseJson(last);
  const error = isRecord(said) ? said['error'] : undefined;
  if (!isRecord(error)) return { status, requestId: undefined, text: last };
  const { retry_after: _, ...rest } = error;
  return { status, requestId: String(error['request_id']), text: JSON.stringify({ error: rest }) };
}

const FIELDS: Readonly<Record<string, string>> = {
  'x-account-id': 'account_id',
  'idempotency-key': 'idempotency_key',
};

/** Makes the call that a route's example shows by its socket, as a browser does: who calls stands in the first frame. */
export async function sendBySocket(url: string, route: Route, sending: CallInput = {}): Promise<Reply> {
  const { socket } = route.shape;
  if (socket === undefined) throw new Error(`${route.name} has no socket`);
  const { path, headers, body } = requestOf({ ...route, path: socket }, sending);
  const given = Object.entries(headers).flatMap(([name, value]) => {
    const field = FIELDS[name];
    return field === undefined ? [] : [[field, value] as const];
  });
  const token = sending.as === undefined ? {} : { access_token: sending.as };
  const said = typeof body === 'string' ? parseJson(body) : undefined;
  const frame = JSON.stringify({ ...(isRecord(said) ? said : {}), ...token, ...Object.fromEntries(given) });
  const { status, requestId, text } = await speak(url, { path, frames: [frame] });
  const json = parseJson(text);
  const error = isRecord(json) ? json['error'] : undefined;
  const code = isRecord(error) && typeof error['code'] === 'string' ? error['code'] : undefined;
  return { status, headers: new Headers({ 'x-request-id': requestId ?? '' }), text, json, code };
}
