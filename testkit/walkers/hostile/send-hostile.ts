import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { errorDeclaration } from '#platform/kernel';
import { z } from 'zod';
import { codeOf } from '../calls.ts';
import { isEnvelope } from '../rules/rule.ts';
import { type Heard, speak } from '../sockets.ts';
import type { HostileRequest } from './requests.ts';

const agent = new Agent({ keepAlive: true, maxSockets: 16 });
/** Longer than anything here takes on a busy machine; a server that says nothing at all is a fault too. */
const PATIENCE = 60_000;

/** Sends a request exactly as it is. */
export function sendHostile(url: string, request: HostileRequest, bearer: string): Promise<Heard> {
  const { hostname, port } = new URL(url);
  const { method, path, body, frames } = request;
  const authorization = `Bearer ${bearer}`;
  if (frames !== undefined)
    return speak(url, { path, frames, headers: { authorization, ...request.headers } });
  const headers = {
    authorization,
    ...request.headers,
    ...(body === undefined ? {} : { 'content-length': String(body.length) }),
  };
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { agent, hostname, port, method, path, headers, timeout: PATIENCE },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const given = response.headers['x-request-id'];
          resolve({
            status: response.statusCode ?? 0,
            requestId: typeof given === 'string' ? given : undefined,
            text: Buffer.concat(chunks).toString('utf8'),
          });
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // A body that is refused before it was sent whole may be cut: that is an answer as well.
      const isCut = error.code === 'EPIPE' || error.code === 'ECONNRESET';
      if (isCut) resolve({ status: 0, requestId: undefined, text: '' });
      else reject(error);
    });
    sent.end(body);
  });
}

/** Writes bytes to a socket and hears what comes back, answer by answer, until the other side is done. */
export function sendBytes(url: string, bytes: Buffer): Promise<Heard[]> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    const chunks: Buffer[] = [];
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('no answer')));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => error.code !== 'ECONNRESET' && reject(error));
    socket.on('close', () => resolve(answersIn(Buffer.concat(chunks).toString('utf8'))));
  });
}

function answersIn(text: string): Heard[] {
  return text
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((part) => part.startsWith('HTTP/1.1 '))
    .map((part) => {
      const [head = '', ...rest] = part.split('\r\n\r\n');
      return {
        status: Number(head.slice(9, 12)),
        requestId: /^x-request-id: (.*)$/im.exec(head)?.[1],
        text: rest.join('\r\n\r\n'),
      };
    });
}

/** Asked when an answer is there: modules that are loaded later declare errors too. */
const statusOf = (code: string) => errorDeclaration(code)?.status;

/** How MCP says no to what is none of its messages. */
const jsonRpcError = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number()]).nullable(),
  error: z.object({ code: z.int().negative(), message: z.string() }),
});

/** What is wrong with an answer to something hostile; nothing, mostly. */
export function faultOf({ status, requestId, text }: Heard, method: string): string | undefined {
  if (status === 0) return undefined;
  if (status >= 500) return `${status}: ${text.slice(0, 300)}`;
  if (requestId === undefined) return `${status} without a request id`;
  if (status < 400 || method === 'HEAD') return undefined;
  const headers = new Headers({ 'x-request-id': requestId });
  const json = parseJson(text);
  if (jsonRpcError.safeParse(json).success) return undefined;
  if (!isEnvelope({ json, headers })) return `${status} without the envelope: ${text.slice(0, 300)}`;
  const code = codeOf((json as { error: Record<string, unknown> }).error) ?? '';
  return statusOf(code) === status ? undefined : `${code} with ${status}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function closeConnections(): void {
  agent.destroy();
}
