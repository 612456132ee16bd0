import { type Client, type ClientOptions, createClient, type Time } from '@plinth/sdk';
import { type Customer, type TestApp, testApp, type TestAppOptions } from '@plinth/testkit/services/app';
import { openFaultProxy, type FaultProxy } from './fault-proxy.ts';

/** The whole app, a proxy to it that faults can be set on, and clients that call by way of it. */
export interface SdkFixture extends TestApp {
  readonly proxy: FaultProxy;
  /** A client with a customer's key. No wait of it takes any time; `waits` are those that it asked for. */
  clientOf(
    by: Pick<Customer, 'key'>,
    options?: Partial<ClientOptions>,
  ): Client & { readonly waits: number[] };
  /** A client that a user signs in with. */
  visitor(options?: Partial<ClientOptions>): Client & { readonly waits: number[] };
}

export async function sdkFixture(options: TestAppOptions = {}): Promise<SdkFixture> {
  const app = await testApp(options);
  const proxy = await openFaultProxy(app.url);
  const visitor: SdkFixture['visitor'] = (more = {}) => {
    const { time, waits } = flyingTime();
    return Object.assign(createClient({ baseUrl: proxy.url, time, ...more }), { waits });
  };
  return { ...app, proxy, visitor, clientOf: ({ key }, more) => visitor({ apiKey: key, ...more }) };
}

/** Time that passes as fast as it is waited for; chance is always in the middle. */
export function flyingTime(): { readonly time: Time; readonly waits: number[]; pass(ms: number): void } {
  const waits: number[] = [];
  let ahead = 0;
  const time: Time = {
    now: () => Date.now() + ahead,
    async wait(milliseconds, signal) {
      signal?.throwIfAborted();
      waits.push(milliseconds);
      ahead += milliseconds;
    },
    random: () => 0.5,
  };
  return {
    time,
    waits,
    pass: (ms) => {
      ahead += ms;
    },
  };
}

/** Time in which waits between tries fly; who waits longer than any of those does so until `pass` is called. */
export function heldTime(): { readonly time: Time; readonly waits: number[]; pass(): void } {
  const waits: number[] = [];
  let go: (() => void)[] = [];
  return {
    waits,
    pass() {
      const due = go;
      go = [];
      for (const one of due) one();
    },
    time: {
      now: () => Date.now(),
      random: () => 0.5,
      wait: (milliseconds, signal) =>
        new Promise((resolve, reject) => {
          if (milliseconds < 10_000) return resolve();
          waits.push(milliseconds);
          go.push(resolve);
          signal?.addEventListener('abort', () => reject(signal.reason));
        }),
    },
  };
}

/** What a call throws. */
export async function thrownBy(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}
