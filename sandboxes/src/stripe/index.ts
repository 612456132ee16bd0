import type { RequestListener } from 'node:http';
import { listen, type Listening, type ListeningOptions } from '../listening.ts';
import { type Paid, type Paying } from './checkout/index.ts';
import { Keeping } from './keeping.ts';
import { Shop, type ShopState } from './shop.ts';
import type { Delivery, Message } from './wire/courier.ts';
import type { LoggedCall } from './wire/desk.ts';
import type { Faults } from './wire/faults.ts';
import { vendorListener } from './wire/server.ts';
import { type Bank, createBank, type Settings, type World, type WorldEvent } from './world/index.ts';

export type { Paid, Paying } from './checkout/index.ts';
export type { Delivery, Message } from './wire/courier.ts';
export type { LoggedCall } from './wire/desk.ts';
export type { Fault, Faults, HeldCall } from './wire/faults.ts';
export type { Settings, WorldEvent } from './world/index.ts';

/** A port that is not said is that of the file, where it is free. */
export interface StripeSandboxOptions extends ListeningOptions {
  /** Where everything is kept over a restart; nowhere when not said. */
  readonly file?: string | undefined;
  /** Time passes by `advance` alone, from that instant on; by the wall clock when not said. */
  readonly driven?: boolean | Date;
  /** What the shop's owner chose in Stripe's dashboard, and what banks do. */
  readonly settings?: Partial<Settings>;
  /** More requests than that in a second are answered with 429; no bound when not said. */
  readonly requestsPerSecond?: number;
}

/** A stand-in for Stripe that is running. */
export interface StripeSandbox {
  /** For STRIPE_API_URL: http://127.0.0.1:PORT. */
  readonly url: string;
  /** For STRIPE_SECRET_KEY. */
  readonly secretKey: string;
  readonly faults: Faults;
  /** What Stripe knows: to look at; what changes it is asked for over HTTP. */
  readonly world: World;
  now(): Date;
  /** Moves a driven clock on: what is due by then happens at its own instant, and is told at the new one. */
  advance(seconds: number): void;
  advanceTo(instant: Date): void;
  /** Calls, oldest first, however they ended. */
  calls(): readonly LoggedCall[];
  /** Everything that was told, oldest first. */
  events(): readonly WorldEvent[];
  /** Every try to deliver an event, oldest first. */
  deliveries(): readonly Delivery[];
  /** Keeps back what is told from now on. */
  hold(): void;
  held(): readonly WorldEvent[];
  /** Delivers these of what was kept back, in this order, and keeps the others; all, and holds no more, when not said. */
  release(eventIds?: readonly string[]): Promise<void>;
  /** Never delivers what was kept back, or these of it. */
  drop(eventIds?: readonly string[]): void;
  /** Delivers an event once more, whatever became of it; resolves when it is answered. */
  redeliver(eventId: string): Promise<void>;
  /** An event as it would be sent now to an endpoint with that secret: for a receiver that has no port. */
  message(eventId: string, secret?: string): Message;
  /** Pays on a checkout page as a person with that card would; resolves with what the page says. */
  pay(checkout: string, paying?: Paying): Promise<Paid>;
  /** What payers' banks do by themselves. */
  readonly bank: Bank;
  /** Resolves when no delivery is under way. */
  idle(): Promise<void>;
  /** Stops at once, and keeps what there is. */
  close(): Promise<void>;
}

const VENDOR = 'Stripe';
const KEY = 'sk_test_sandbox';

/**
 * Starts a server on loopback that speaks Stripe's API, version 2026-10-28.endive, as far as a shop with subscriptions
 * needs it: form encoding, expansion, pages, idempotency keys, errors, signed webhooks with retries; and that has the
 * pages on which people pay and look after their subscriptions. It can be told to fail, to keep back and to reorder.
 * Throws when the port is taken.
 */
export async function createStripeSandbox(options: StripeSandboxOptions = {}): Promise<StripeSandbox> {
  const { file, driven = false, requestsPerSecond, settings } = options;
  const state = file === undefined ? undefined : await Keeping.read(file, isState);
  const shop = new Shop({ secretKey: KEY, driven, state, settings, requestsPerSecond });
  const keeping = new Keeping(file, () => shop.state());
  const listener = vendorListener({ desk: shop.desk, pages: shop.pages, kept: () => keeping.keep() });
  const former = state?.url === undefined ? 0 : Number(new URL(state.url).port);
  const isPlaced = options.port !== undefined || options.server !== undefined;
  const listening = await (isPlaced
    ? listen(VENDOR, listener, options)
    : listenAgain(listener, former));
  shop.open(listening.url);
  const stopClock = driven === false ? keepTime(shop, keeping) : () => {};
  return {
    ...faceOf(shop),
    url: listening.url,
    async close() {
      stopClock();
      await listening.close();
      await shop.courier.close();
      await keeping.keep();
    },
  };
}

function faceOf(shop: Shop): Omit<StripeSandbox, 'close' | 'url'> {
  const { world, courier, desk, faults } = shop;
  return {
    secretKey: KEY,
    faults,
    world,
    now: () => new Date(world.now() * 1_000),
    advance: (seconds) => shop.advanceTo(world.now() + seconds),
    advanceTo: (instant) => shop.advanceTo(Math.floor(instant.getTime() / 1_000)),
    calls: () => desk.log,
    events: () => world.events,
    deliveries: () => courier.deliveries,
    hold: () => courier.hold(),
    held: () => courier.held(),
    release: (ids) => courier.release(ids),
    drop: (ids) => courier.drop(ids),
    redeliver: async (id) => courier.deliver(shop.event(id)),
    message: (id, secret) => courier.message(shop.event(id), shop.endpoint(secret)),
    async pay(checkout, paying) {
      shop.catchUp();
      return shop.checkout.pay(checkout, paying);
    },
    bank: createBank(world),
    idle: () => courier.idle(),
  };
}

/** Files are written by this program alone: a look at the outside of one tells whether it is one of them. */
function isState(kept: unknown): kept is ShopState {
  return (
    typeof kept === 'object' &&
    kept !== null &&
    'world' in kept &&
    'visits' in kept &&
    'pending' in kept &&
    'keys' in kept
  );
}

const TICK_MS = 1_000;

/** Without a driven clock, renewals and tries come by themselves. Stops when told. */
function keepTime(shop: Shop, keeping: Keeping): () => void {
  const timer = setInterval(() => {
    if (!shop.isDue()) return;
    shop.catchUp();
    // A disk that is full is told to whoever changes something next.
    keeping.keep().catch(() => {});
  }, TICK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Where it was before, so that pages of which somebody has the address are still there; elsewhere if that is taken. */
async function listenAgain(listener: RequestListener, former: number): Promise<Listening> {
  return listen(VENDOR, listener, { port: former }).catch((error: unknown) => {
    if (former === 0) throw error;
    return listen(VENDOR, listener, {});
  });
}
