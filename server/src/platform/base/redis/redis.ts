import { inTime, within } from '#platform/kernel';
import type { Redis as Client } from 'ioredis';
import { createBreaker, type RedisState } from './breaker.ts';
import type { Script } from './script.ts';

/** A call waits so long, in milliseconds: Redis answers in one, and every caller has another way. */
const DEADLINE = 100;
const PAUSE = 1_000;
const PREFIX = 'plinth:';
/** Longer than a start may wait for an optional service. */
const FIRST_PATIENCE = 1_000;

export interface RedisOptions {
  /** `redis://` or, with TLS, `rediss://`; its path may name a database: `redis://localhost:6379/2`. */
  readonly url: string;
  /** Beginning of all keys and channels; `plinth:` when not said. */
  readonly prefix?: string | undefined;
  /** Milliseconds that a call may take. */
  readonly deadline?: number | undefined;
  /** Milliseconds between two looks at a Redis that is away. */
  readonly pause?: number | undefined;
  /** Told when the breaker opens or closes, and why it opened; of one that is open from the start, too. */
  readonly onState?: (state: RedisState, reason: Error | undefined) => void;
  /** Told of every call that failed; not of those that were not even tried. */
  readonly onFailure?: (error: Error) => void;
}

/**
 * Redis, of which nothing is expected: each call has a deadline, and after a few that failed no call is tried until a
 * probe, one a second, has found it well again. Nothing that anybody is charged for is decided here.
 */
export interface Redis {
  /** `open`: it is away, or too slow, and calls are not tried. */
  readonly state: RedisState;
  /** Runs a script on keys, which are given without the prefix. Rejects when there is no answer in time. */
  run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /** Answers whether Redis took the message; which processes receive it is not known. */
  publish(channel: string, message: string): Promise<boolean>;
  /** Hears a channel, with gaps where the connection breaks. Returns how to stop. */
  subscribe(channel: string, hear: (message: string) => void): () => void;
  /** Answers in milliseconds how long a trivial write took; throws when Redis is away, full or a replica. */
  ping(): Promise<number>;
  close(): Promise<void>;
}

/** Why a call has no answer; the message never holds what was asked. */
export class RedisAway extends Error {
  override readonly name = 'RedisAway';
}

/** Opens Redis and waits for it a moment. It may be away: it is asked again and again, and used as soon as it answers. */
export async function createRedis(options: RedisOptions): Promise<Redis> {
  const { url, prefix = PREFIX, deadline = DEADLINE, pause = PAUSE } = options;
  const connect = await loadConnect(url);
  const client = connect();
  const subscriptions = createSubscriptions(connect);
  // Channels don't know of database numbers, by which servers that share a Redis expect to be separate.
  const channelOf = (name: string) => `${prefix}${client.options.db ?? 0}:${name}`;
  /** The first failure since Redis was well: what follows it is mostly its consequence. */
  let reason: Error | undefined;
  let isTrusted = true;
  const write = () => client.set(`${prefix}probe`, '1', 'PX', 1_000);
  const first = Promise.withResolvers<void>();

  const breaker = createBreaker({
    pause,
    probe: async () => {
      try {
        await request(write);
        isTrusted = true;
      } catch (error) {
        // A connection that is silent may have no server at its other end any more, and where a replica is now, the address
        // may lead to its primary already: every other time it is made anew.
        if (isTrusted && wantsAnother(error)) client.disconnect(true);
        isTrusted = !isTrusted;
        throw error;
      } finally {
        first.resolve();
      }
    },
    changed: (state) => options.onState?.(state, state === 'open' ? reason : undefined),
  });

  /** Asks, also when the breaker is open, and counts how it went: what is no write proves nothing when it succeeds. */
  async function request<T>(ask: () => Promise<T>, kind: 'write' | 'message' = 'write'): Promise<T> {
    try {
      const answer = await inTime(deadline, ask, () => new RedisAway(LATE));
      if (kind === 'message') return answer;
      reason = undefined;
      breaker.succeeded();
      return answer;
    } catch (error) {
      const failure = failureOf(error);
      reason ??= failure;
      options.onFailure?.(failure);
      breaker.failed();
      throw failure;
    }
  }

  async function requestGuarded<T>(...call: Parameters<typeof request<T>>): Promise<T> {
    if (breaker.state === 'open') throw new RedisAway('Redis is left alone for now');
    return request(...call);
  }

  client.on('error', (error: Error) => {
    reason ??= failureOf(error);
    // The first attempt has failed: the start does not wait for the second.
    first.resolve();
  });
  client.on('close', () => breaker.trip());
  client.on('ready', () => breaker.probe());
  begin(client);
  await within(FIRST_PATIENCE, first.promise);
  if (breaker.state === 'open') options.onState?.('open', reason);

  return {
    get state() {
      return breaker.state;
    },
    run: (script, keys, args) =>
      requestGuarded(() => {
        const given = [keys.length, ...keys.map((key) => prefix + key), ...args] as const;
        return client.evalsha(script.sha, ...given).catch((error: Error) => {
          // Restarted, or new to this script: the text goes along once.
          if (!error.message.startsWith('NOSCRIPT')) throw error;
          return client.eval(script.text, ...given);
        });
      }),
    publish: (channel, message) =>
      requestGuarded(() => client.publish(channelOf(channel), message), 'message').then(
        () => true,
        () => false,
      ),
    subscribe: (channel, hear) => subscriptions.add(channelOf(channel), hear),
    async ping() {
      const began = performance.now();
      await requestGuarded(write);
      return performance.now() - began;
    },
    async close() {
      breaker.close();
      await Promise.all([end(client), subscriptions.close()]);
    },
  };
}

const LATE = 'Redis did not answer in time';

/** The failure, in a word: errors of the driver hold the command, and that of a sign-in holds the password. */
function failureOf(error: unknown): RedisAway {
  if (error instanceof RedisAway) return error;
  if (!(error instanceof Error)) return new RedisAway('Redis failed');
  if (error.name === 'ReplyError')
    return new RedisAway(`Redis answered ${error.message.split(' ', 1).join()}`);
  const { code, name } = error as NodeJS.ErrnoException;
  return new RedisAway(`Redis can not be reached (${code ?? name})`);
}

function wantsAnother(error: unknown): boolean {
  return error instanceof Error && [LATE, 'Redis answered READONLY'].includes(error.message);
}

/** Channels that are heard, on a connection of their own; it is made when the first is. */
function createSubscriptions(connect: Connect) {
  const listeners = new Map<string, Set<(message: string) => void>>();
  let client: Client | undefined;

  function openClient(): Client {
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
      client ??= openClient();
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

/** Milliseconds until a connection is given up that could not be made, or where what was asked has no answer: also before it is ready. */
const CONNECT_PATIENCE = 5_000;
/** Milliseconds that a closed connection is given to end in good order; one that hangs does not. */
const DISCONNECT_PATIENCE = 100;
const LONGEST_RETRY = 2_000;

/**
 * A connection that is made anew for ever and promises nothing meanwhile: a command that can't be sent now fails now,
 * and one whose connection broke is not sent again, or a rate would be taken twice.
 */
type Connect = () => Client;

/** The driver is loaded here: a process without Redis does not pay for it. */
async function loadConnect(url: string): Promise<Connect> {
  const { Redis } = await import('ioredis');
  return () =>
    new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_PATIENCE,
      socketTimeout: CONNECT_PATIENCE,
      disconnectTimeout: DISCONNECT_PATIENCE,
      retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), LONGEST_RETRY),
    });
}

/** Begins to connect; how it went is told by events, and the client goes on trying. */
function begin(client: Client): void {
  client.connect().catch(() => {});
}

/** Closes it in any state. Resolves when its socket is gone. */
async function end(client: Client): Promise<void> {
  if (client.status === 'end') return;
  const ended = new Promise<void>((resolve) => {
    client.once('end', () => resolve());
  });
  // Between two attempts to connect there is no socket whose end would be told.
  const isBetween = client.status === 'reconnecting';
  client.disconnect();
  if (!isBetween) await ended;
}
