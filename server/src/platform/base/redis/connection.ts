import type { Redis as Client } from 'ioredis';

/** Milliseconds until a connection that could not be made is given up. */
const CONNECT_PATIENCE = 5_000;
/** Milliseconds that a closed connection is given to end in good order; one that hangs does not. */
const DISCONNECT_PATIENCE = 100;
const LONGEST_RETRY = 2_000;

export type { Client };

/**
 * A connection that is made anew for ever and promises nothing meanwhile: a command that can't be sent now fails now,
 * and one whose connection broke is not sent again, or a rate would be taken twice.
 */
export type Connect = () => Client;

/** The driver is loaded here: a process without Redis does not pay for it. */
export async function loadConnect(url: string): Promise<Connect> {
  const { Redis } = await import('ioredis');
  return () =>
    new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_PATIENCE,
      disconnectTimeout: DISCONNECT_PATIENCE,
      retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), LONGEST_RETRY),
    });
}

/** Begins to connect; how it went is told by events, and the client goes on trying. */
export function begin(client: Client): void {
  client.connect().catch(() => {});
}

/** Closes it in any state. Resolves when its socket is gone. */
export async function end(client: Client): Promise<void> {
  if (client.status === 'end') return;
  const ended = new Promise<void>((resolve) => {
    client.once('end', () => resolve());
  });
  // Between two attempts to connect there is no socket whose end would be told.
  const isBetween = client.status === 'reconnecting';
  client.disconnect();
  if (!isBetween) await ended;
}
