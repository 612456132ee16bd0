import { begin, type Client, type Connect, end } from './connection.ts';

/** Channels that are heard, on a connection of their own; it is made when the first is. */
export function createSubscriptions(connect: Connect) {
  const listeners = new Map<string, Set<(message: string) => void>>();
  let client: Client | undefined;

  function opened(): Client {
    const made = connect();
    // How it stands with Redis is told by the connection that asks; this one only has to come back.
    made.on('error', () => {});
    made.on('ready', () => {
      for (const channel of listeners.keys()) listen(made, channel);
    });
    made.on('message', (channel: string, message: string) => {
      for (const hear of listeners.get(channel) ?? []) hear(message);
    });
    begin(made);
    return made;
  }

  return {
    add(channel: string, hear: (message: string) => void): () => void {
      const all = listeners.get(channel) ?? new Set();
      const isNew = !listeners.has(channel);
      listeners.set(channel, all.add(hear));
      client ??= opened();
      if (isNew) listen(client, channel);
      return () => {
        all.delete(hear);
      };
    },
    async close(): Promise<void> {
      listeners.clear();
      if (client !== undefined) await end(client);
    },
  };
}

function listen(client: Client, channel: string): void {
  // A connection that is not ready subscribes to everything as soon as it is.
  if (client.status === 'ready') client.subscribe(channel).catch(() => {});
}
