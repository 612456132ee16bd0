import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';

/** Where a sandbox answers. */
export interface ListeningOptions {
  /** A port on 127.0.0.1; 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /** In place of a port: a server of yours that listens on 127.0.0.1 already. It ends with the sandbox. */
  readonly server?: Server | undefined;
}

export interface Listening {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  /** Stops at once: connections are cut. Called again, it does nothing. */
  close(): Promise<void>;
}

/** Answers calls on loopback. Throws when the port is taken; `vendor` is named then. */
export async function listen(
  vendor: string,
  listener: RequestListener,
  { port = 0, server = createServer() }: ListeningOptions,
): Promise<Listening> {
  // Longer than any client keeps an idle connection, so that none writes to one that is being closed.
  server.keepAliveTimeout = 120_000;
  server.on('request', listener);
  if (!server.listening) await listenOn(server, vendor, port);
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`,
    close: () => close(server),
  };
}

async function listenOn(server: Server, vendor: string, port: number): Promise<void> {
  try {
    server.listen({ port, host: '127.0.0.1', backlog: 1024 });
    await once(server, 'listening');
  } catch (error) {
    throw new Error(`The sandbox of ${vendor} cannot listen on 127.0.0.1:${port}`, { cause: error });
  }
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
