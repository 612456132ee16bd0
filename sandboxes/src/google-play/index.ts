import { listen, type ListeningOptions } from '../listen.ts';
import { StateFile } from '../state-file.ts';
import { type BasePlan, DAY } from './objects.ts';
import {
  type TokenOverrides,
  ownKey,
  type Push,
  Pusher,
  type PushIdentity,
  type SentNotification,
} from './push.ts';
import { type Fault, vendorListener, type ServerParts } from './wire.ts';
import { type PurchaseInput, type WorldState, World } from './world.ts';

export type { BasePlan } from './objects.ts';
export type { TokenOverrides, Push, PushIdentity, SentNotification } from './push.ts';
export type { Fault } from './wire.ts';
export { type PurchaseInput, TOLD } from './world.ts';

export interface GooglePlaySandboxOptions extends ListeningOptions {
  readonly packageName?: string;
  /** What is sold, as it is set up in Play Console. */
  readonly plans?: readonly BasePlan[];
  /** Where the driven clock begins; now when not said. */
  readonly startsAt?: Date;
  /** Where notifications are pushed, by itself and in order; without it `push` makes the requests, for a test to send. */
  readonly pushTo?: (PushIdentity & { readonly url: string }) | undefined;
  /** Where it keeps what was bought, over a restart; nowhere when not said. Its keys are new in each process. */
  readonly file?: string | undefined;
}

/** A stand-in for Google Play that is running. */
export interface GooglePlaySandbox {
  /** For GOOGLE_PLAY_API_URL: http://127.0.0.1:PORT. */
  readonly url: string;
  readonly packageName: string;
  /** For GOOGLE_PLAY_SERVICE_ACCOUNT: the JSON of its key. */
  readonly serviceAccount: string;
  /** What is known there, and what people and Google do: to be called. */
  readonly world: World;
  /** Each meets one call of the API, in order. */
  readonly faults: Fault[];
  /** Keeps answers back until it resolves; what they say was so when they were asked for. */
  readonly delay: { until?: (() => Promise<void>) | undefined };
  /** Calls of the API, oldest first: `GET /androidpublisher/v3/…`. */
  readonly calls: readonly string[];
  now(): Date;
  /** Moves the clock on: what is due by then happens at its own instant. */
  advance(days: number): void;
  /** All that was told, oldest first, whether it was pushed or not. */
  told(): readonly SentNotification[];
  /** A notification as it is pushed: for a receiver that has no port, twice, late, out of order, or forged. */
  push(told: SentNotification, to: PushIdentity, forging?: TokenOverrides): Promise<Push>;
  /** Resolves when no push is under way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a server on loopback that speaks as much of the Google Play Developer API as a server behind an app needs:
 * `purchases.subscriptionsv2`, acknowledgement, orders, voided purchases; and that signs real-time developer
 * notifications as Pub/Sub pushes them. Over HTTP, `POST /sandbox/buy {…}` and the other actions do what a person does.
 */
export async function createGooglePlaySandbox(
  options: GooglePlaySandboxOptions = {},
): Promise<GooglePlaySandbox> {
  const { packageName = 'com.example.sandbox', plans = [], startsAt = new Date(), pushTo, file } = options;
  const clientEmail = 'plinth@sandbox.iam.gserviceaccount.com';
  const key = ownKey('account');
  const private_key = key.export({ type: 'pkcs8', format: 'pem' });
  const serviceAccount = { type: 'service_account', client_email: clientEmail, private_key };
  const pusher = new Pusher();
  const told: SentNotification[] = [];
  let sending = Promise.resolve();
  // Differs in each run: a server knows the ids of one before, and takes no message twice.
  const firstId = Date.now() * 1_000;
  const world = new World(plans, startsAt.getTime(), (notice) => {
    const messageId = String(firstId + told.length);
    const type = 'voided' in notice ? 0 : notice.type;
    const message = { messageId, type, token: notice.token, at: new Date(world.now), packageName, notice };
    told.push(message);
    if (pushTo !== undefined) sending = sending.then(() => deliver(pusher, message, pushTo));
  });
  const former = file === undefined ? undefined : await StateFile.read(file, VENDOR, isState);
  if (former !== undefined) world.load(former);
  const kept = new StateFile(file, () => world.state());
  const faults: Fault[] = [];
  const calls: string[] = [];
  const delay: ServerParts['delay'] = {};
  const wired: ServerParts = {
    delay,
    world,
    pusher,
    packageName,
    clientEmail,
    key,
    faults,
    calls,
    kept: () => kept.keep(),
    act: actionsOf(world, serviceAccount),
  };
  const listening = await listen(
    VENDOR,
    vendorListener(() => wired),
    options,
  );
  return {
    url: listening.url,
    packageName,
    serviceAccount: JSON.stringify(serviceAccount),
    world,
    faults,
    delay,
    calls,
    now: () => new Date(world.now),
    advance: (days) => world.advanceTo(new Date(world.now + days * DAY)),
    told: () => told,
    push: (message, to, forging) => pusher.push(message, to, forging),
    idle: () => sending,
    close: listening.close,
  };
}

const VENDOR = 'Google Play';

/** Files are written by this program alone: a look at the outside of one tells whether it is one of them. */
const isState = (kept: unknown): kept is WorldState =>
  typeof kept === 'object' && kept !== null && 'purchases' in kept && 'orders' in kept && 'voided' in kept;

/** Pushes as Pub/Sub does, but without its retries: a failed push is lost. */
async function deliver(
  pusher: Pusher,
  message: SentNotification,
  { url, ...to }: PushIdentity & { readonly url: string },
): Promise<void> {
  const { body, headers } = await pusher.push(message, to);
  await fetch(url, { method: 'POST', body, headers }).catch(() => undefined);
}

/** What may be done over HTTP: the actions of the world, by their names. */
function actionsOf(world: World, serviceAccount: object) {
  const actions: Readonly<Record<string, (body: Readonly<Record<string, unknown>>) => unknown>> = {
    'service-account': () => serviceAccount,
    buy: (body) => ({ token: world.buy(body as unknown as PurchaseInput) }),
    advance: ({ days }) => world.advanceTo(new Date(world.now + Number(days) * DAY)),
    cancel: ({ token }) => world.cancel(String(token)),
    restore: ({ token }) => world.restore(String(token)),
    decline: ({ token }) => world.decline(String(token)),
    fix: ({ token }) => world.fix(String(token)),
    pause: ({ token, days }) => world.pause(String(token), Number(days)),
    refund: ({ order_id: id, chargeback }) => world.refund(String(id), { chargeback: chargeback === true }),
    revoke: ({ token }) => world.revoke(String(token)),
  };
  return (name: string, body: Readonly<Record<string, unknown>>): unknown => {
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (action === undefined) throw new Error('There is no such action.');
    return action(body) ?? { ok: true };
  };
}
