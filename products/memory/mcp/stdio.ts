import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import type { InnerAnswer, InnerCall } from 'plinth/product';
import type { CallApi } from './api.ts';
import { Recalls } from './recalls.ts';
import { memoryServer } from './server.ts';

export interface ApiPlace {
  readonly url: string;
  readonly key: string;
}

const LONGEST_WAIT = 60_000;

/**
 * Serves MCP on standard input and output until the input ends, the output is closed, or a line has more than 10 MB. What is stored is
 * the API's: here is no file and no database. Answers what went wrong, if it was not the input's end.
 */
export async function serveMcpOnStdio(place: ApiPlace): Promise<Error | undefined> {
  const parts = { call: callOver(place), ownSession: `mcp-${crypto.randomUUID()}`, recalls: new Recalls() };
  const transport = new EndingTransport();
  let problem: Error | undefined;
  const onerror = (error: Error) => void (problem = error);
  const served = serveStdio(() => memoryServer(parts), { maxSubscriptions: 0, transport, onerror });
  await transport.ended;
  await served.close();
  return process.stdin.readableEnded ? undefined : problem;
}

/** Says when it has closed, from either side. */
class EndingTransport extends StdioServerTransport {
  readonly #end = Promise.withResolvers<void>();
  readonly ended = this.#end.promise;

  override async close(): Promise<void> {
    await super.close();
    this.#end.resolve();
  }
}

function callOver({ url, key }: ApiPlace): CallApi {
  const base = url.replace(/\/+$/, '');
  const send = async ({ method, path, body }: InnerCall): Promise<InnerAnswer> => {
    const response = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      // The key is for this address alone.
      redirect: 'manual',
      signal: AbortSignal.timeout(LONGEST_WAIT),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { status, headers } = response;
    return { status, headers: Object.fromEntries(headers), body: await response.text() };
  };
  const message = `The server at ${new URL(base).origin} could not be reached, or did not answer.`;
  const none = { status: 0, headers: {}, body: JSON.stringify({ error: { code: 'no_answer', message } }) };
  // A connection that was open for long may be closed as it is used. Each of these calls may be made twice.
  return (call) => send(call).catch(() => send(call).catch(() => none));
}
