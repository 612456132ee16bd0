import type { RequestListener } from 'node:http';
import { listen, type Listening, type ListeningOptions } from '../listen.ts';
import { type Paid, type PaymentInput } from './checkout/index.ts';
import { StateFile } from '../state-file.ts';
import { StripeAccount, type AccountState } from './account.ts';
import { type Connect, createConnect } from './connect/controls.ts';
import { createDoor } from './connect/door.ts';
import type { Delivery, Message } from './wire/webhook-sender.ts';
import type { LoggedCall } from './wire/request-handler.ts';
import type { Faults } from './wire/faults.ts';
import { vendorListener } from './wire/server.ts';
import { type Bank, createBank, type Settings, type World, type WorldEvent } from './world/index.ts';

export type { Paid, PaymentInput } from './checkout/index.ts';
export type { Connect, ConnectBooks } from './connect/controls.ts';
export type { Delivery, Message } from './wire/webhook-sender.ts';
export type { LoggedCall } from './wire/request-handler.ts';
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
  /** Delivers an event once more, delivered or not; resolves when it is answered. */
  redeliver(eventId: string): Promise<void>;
  /** An event as it would be sent now to an endpoint with that secret: for a receiver that has no port. */
  message(eventId: string, secret?: string): Message;
  /** Pays on a checkout page as a person with that card would; resolves with what the page says. */
  pay(checkout: string, paying?: PaymentInput): Promise<Paid>;
  /** What payers' banks do by themselves. */
  readonly bank: Bank;
  /** What payees and Stripe do about connected accounts, and Stripe's books of them. */
  readonly connect: Connect;
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
  const state = file === undefined ? undefined : await StateFile.read(file, VENDOR, isState);
  const account = new StripeAccount({ secretKey: KEY, driven, state, settings, requestsPerSecond });
  const stateFile = new StateFile(file, () => account.state());
  const face = faceOf(account);
  const listener = vendorListener({
    requests: account.requests,
    pages: account.pages,
    door: createDoor(face),
    kept: () => stateFile.keep(),
  });
  const former = state?.url === undefined ? 0 : Number(new URL(state.url).port);
  const isPlaced = options.port !== undefined || options.server !== undefined;
  const listening = await (isPlaced ? listen(VENDOR, listener, options) : listenAgain(listener, former));
  account.open(listening.url);
  const stopClock = driven === false ? keepTime(account, stateFile) : () => {};
  return {
    ...face,
    url: listening.url,
    async close() {
      stopClock();
      await listening.close();
      await account.webhooks.close();
      await stateFile.keep();
    },
  };
}

function faceOf(account: StripeAccount): Omit<StripeSandbox, 'close' | 'url'> {
  const { world, webhooks, requests, faults } = account;
  return {
    secretKey: KEY,
    faults,
    world,
    now: () => new Date(world.now() * 1_000),
    advance: (seconds) => account.advanceTo(world.now() + seconds),
    advanceTo: (instant) => account.advanceTo(Math.floor(instant.getTime() / 1_000)),
    calls: () => requests.log,
    events: () => world.events,
    deliveries: () => webhooks.deliveries,
    hold: () => webhooks.hold(),
    held: () => webhooks.held(),
    release: (ids) => webhooks.release(ids),
    drop: (ids) => webhooks.drop(ids),
    redeliver: async (id) => webhooks.deliver(account.event(id)),
    message(id, secret) {
      const event = account.event(id);
      return webhooks.message(event, account.endpoint(event, secret));
    },
    async pay(checkout, paying) {
      account.catchUp();
      return account.about(checkout, () => account.checkout.pay(checkout, paying));
    },
    bank: createBank(world),
    connect: createConnect(world),
    idle: () => webhooks.idle(),
  };
}

/** Files are written by this program alone: a look at the outside of one tells whether it is one of them. */
function isState(kept: unknown): kept is AccountState {
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
function keepTime(account: StripeAccount, stateFile: StateFile): () => void {
  const timer = setInterval(() => {
    if (!account.isDue()) return;
    account.catchUp();
    // The next change reports a full disk.
    stateFile.keep().catch(() => {});
  }, TICK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The former port, so that open pages keep their address; another one if it is taken. */
async function listenAgain(listener: RequestListener, former: number): Promise<Listening> {
  return listen(VENDOR, listener, { port: former }).catch((error: unknown) => {
    if (former === 0) throw error;
    return listen(VENDOR, listener, {});
  });
}
