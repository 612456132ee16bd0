import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { UpstreamOptions } from '#platform/ai';
import { randomToken, type Random } from '#platform/kernel';
import type { QStash } from '#platform/jobs';
import type { Telemetry } from '#platform/telemetry';

/** Files in the data folder that the stores' sandboxes keep. Without them, the sandboxes do not know what was bought. */
export const STRIPE_STATE = 'stripe-sandbox.json';
export const APP_STORE_STATE = 'app-store-purchases.json';
export const GOOGLE_PLAY_STATE = 'google-play-purchases.json';
export const SANDBOX_STATES = [STRIPE_STATE, APP_STORE_STATE, GOOGLE_PLAY_STATE];

/** A sandbox that is running. */
interface Sandbox {
  close(): Promise<void>;
}

/** A sandbox whose address is known, and which runs from its first call. */
export interface SandboxOnCall {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  isRunning(): boolean;
  close(): Promise<void>;
}

export interface SandboxParts {
  readonly telemetry: Pick<Telemetry, 'logger'>;
  /** Where it is closed with the process. */
  readonly opened: AsyncDisposableStack;
}

/**
 * Listens for a sandbox, and has it loaded and started by the first call that comes: a process that needs none does not pay for it.
 * Calls that come meanwhile wait. A start that fails is logged, and they are answered with 503; the next call tries again.
 */
export async function sandboxOnCall(
  { telemetry: { logger }, opened }: SandboxParts,
  vendor: string,
  start: (server: Server) => Promise<Sandbox>,
): Promise<SandboxOnCall> {
  const server = createServer();
  let starting: Promise<Sandbox> | undefined;
  let isRunning = false;
  let isClosing = false;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    // The sandbox has taken the server, and answers this one itself.
    if (server.listenerCount('request') > 1) return;
    if (isClosing) return void response.destroy();
    beginOnce().then(
      () => server.emit('request', request, response),
      (err: unknown) => refuse(response, vendor, err),
    );
  };
  async function begin(): Promise<Sandbox> {
    try {
      const sandbox = await start(server);
      server.off('request', answer);
      isRunning = true;
      return sandbox;
    } catch (err) {
      starting = undefined;
      logger.error({ err, vendor }, 'a sandbox did not start: the next call tries again');
      throw err;
    }
  }
  const beginOnce = () => (starting ??= begin());
  async function close(): Promise<void> {
    isClosing = true;
    const sandbox = await starting?.catch(() => undefined);
    if (sandbox !== undefined) return sandbox.close();
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
  server.on('request', answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.defer(close);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, isRunning: () => isRunning, close };
}

/** As the vendors word what they fail at. */
function refuse(response: ServerResponse, vendor: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  const body = { error: { message: `The sandbox of ${vendor} did not start: ${reason}`, type: 'api_error' } };
  response.writeHead(503, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** In place of providers of models. `perTokenMs`: between two tokens of a stream. */
export async function openAISandbox(
  parts: SandboxParts,
  pace: { readonly latencyMs: number; readonly perTokenMs: number },
): Promise<UpstreamOptions> {
  const { url } = await sandboxOnCall(parts, 'OpenAI', async (server) => {
    const { createOpenAISandbox } = await import('#sandbox/openai');
    return createOpenAISandbox({ ...pace, server });
  });
  // It takes any key that is not empty.
  return { name: 'sandbox', baseUrl: `${url}/v1`, apiKey: 'sk-sandbox' };
}

/** In place of QStash. */
export async function qstashSandbox(parts: SandboxParts, random: Random): Promise<QStash> {
  const token = 'qstash-sandbox';
  const keys = { current: `sig_${randomToken(random)}`, next: `sig_${randomToken(random)}` };
  const { url } = await sandboxOnCall(parts, 'QStash', async (server) => {
    const { createQStashSandbox } = await import('#sandbox/qstash');
    return createQStashSandbox({ token, keys, server });
  });
  return { url, token, keys };
}

const WEB = { clientId: 'sandbox-client', clientSecret: 'sandbox-secret' };
const APP = { clientId: 'sandbox-app' };

/** In place of Google and Firebase: where they are, and who may send people there. */
export async function openIdSandbox(parts: SandboxParts, now: () => number) {
  const { url } = await sandboxOnCall(parts, 'OpenID Connect', async (server) => {
    const { createOpenIdSandbox } = await import('#sandbox/openid');
    return createOpenIdSandbox({ clients: [WEB, APP], now, server });
  });
  return { url, web: WEB, app: { ...APP, clientSecret: undefined }, firebaseKeysUrl: `${url}/firebase/keys` };
}
