import { listen, type ListeningOptions } from '../listen.ts';
import { Deliverer, type DeadLetter, type Delivery } from './deliverer.ts';
import { FaultPlan, type Faults } from './faults.ts';
import type { Message } from './message.ts';
import { Broker } from './broker.ts';
import { vendorListener } from './server.ts';
import { type SignatureInput, SigningKeys } from './signing.ts';
import { DrivenTime, WallTime } from './time.ts';

export type { DeadLetter, Delivery } from './deliverer.ts';
export type { Fault, Faults } from './faults.ts';

export interface QStashSandboxOptions extends ListeningOptions {
  /** What publishers are let in by; `qstash-sandbox` when not said. */
  readonly token?: string;
  /** What messages are signed with at first; made up when not said. */
  readonly keys?: { readonly current: string; readonly next: string };
  /** Delays, retries and the deduplication window pass by `elapse` alone; by the wall clock when not said. */
  readonly driven?: boolean;
}

/** A stand-in for QStash that is running. */
export interface QStashSandbox {
  /** For QSTASH_URL: http://127.0.0.1:PORT. */
  readonly url: string;
  readonly token: string;
  /** For QSTASH_CURRENT_SIGNING_KEY and QSTASH_NEXT_SIGNING_KEY. */
  readonly keys: { readonly current: string; readonly next: string };
  readonly faults: Faults;
  /** Every message that was taken, oldest first; duplicates are none. */
  messages(): readonly Message[];
  /** Every try to deliver one, oldest first. */
  deliveries(): readonly Delivery[];
  /** What was given up. */
  deadLetters(): readonly DeadLetter[];
  /** Deliveries to URLs that begin with `origin` go to these servers in turn, as through a load balancer. */
  route(origin: string, ...servers: readonly string[]): void;
  /** Makes an Upstash-Signature. */
  sign(signing: SignatureInput): string;
  /** Rolls the keys: messages are signed with the next one from now on. */
  rollKeys(): void;
  /** Keeps back what is due from now on, until `release`. */
  hold(): void;
  release(order?: 'as published' | 'reversed'): void;
  /** Delivers a message once more, delivered or not; resolves when it is answered. */
  redeliver(messageId: string): Promise<void>;
  /** Moves a driven time on and sends due messages; `idle` waits for them. */
  elapse(ms: number): void;
  /** Resolves when no delivery is under way. */
  idle(): Promise<void>;
  /** Stops at once and cuts running deliveries. */
  close(): Promise<void>;
}

/**
 * Starts a server on loopback that speaks QStash's protocol (publish, batch, messages, dead letters, flow control by
 * parallelism, signing keys) and delivers what it is given: signed, retried by the vendor's own schedule, deduplicated
 * for ten minutes. It can be told to fail (by `faults`, by `POST /sandbox/faults`), to keep back and to reorder. It
 * remembers nothing over a restart. Throws when the port is taken.
 */
export async function createQStashSandbox(options: QStashSandboxOptions = {}): Promise<QStashSandbox> {
  const time = options.driven === true ? new DrivenTime() : new WallTime();
  const [keys, faults, balancer] = [new SigningKeys(options.keys), new FaultPlan(), new Balancer()];
  const deliverer = new Deliverer({ time, keys, faults, reach: (url) => balancer.reach(url) });
  const broker = new Broker({ deliverer, time, faults });
  const token = options.token ?? 'qstash-sandbox';
  const listener = vendorListener({ broker, deliverer, keys, faults, token });
  const listening = await listen('QStash', listener, options);
  return {
    url: listening.url,
    token,
    keys,
    faults,
    messages: () => [...broker.messages.values()],
    deliveries: () => deliverer.deliveries,
    deadLetters: () => deliverer.deadLetters,
    route: (origin, ...servers) => balancer.route(origin, servers),
    sign: (signing) => keys.sign(signing),
    rollKeys: () => keys.roll(),
    hold: () => deliverer.hold(),
    release: (order = 'as published') => deliverer.release(order),
    redeliver: (messageId) => deliverer.again(broker.message(messageId)),
    elapse: (ms) => time.elapse(ms),
    idle: () => deliverer.idle(),
    async close() {
      time.stop();
      await deliverer.close();
      await listening.close();
    },
  };
}

/** Where the servers behind a name are. */
class Balancer {
  readonly #servers = new Map<string, { readonly servers: readonly string[]; next: number }>();

  route(origin: string, servers: readonly string[]): void {
    this.#servers.set(origin, { servers, next: 0 });
  }

  reach(url: string): string {
    for (const [origin, place] of this.#servers) {
      if (!url.startsWith(origin)) continue;
      const server = place.servers[place.next % place.servers.length];
      place.next += 1;
      if (server !== undefined) return server + url.slice(origin.length);
    }
    return url;
  }
}
