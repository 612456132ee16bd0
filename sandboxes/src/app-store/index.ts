import { type IncomingMessage, type RequestListener } from 'node:http';
import { type KeyObject, verify } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { listen, type ListeningOptions } from '../listen.ts';
import { StateFile } from '../state-file.ts';
import { type Chain, createApiKey, createAuthority, signJws, type Signer } from './certificates.ts';
import { type AppOfStore, Wire } from './wire.ts';
import { current, type Product, type Purchase, World, type WorldState } from './world.ts';

export { type Chain, createAuthority, signJws, type Signer, type Validity } from './certificates.ts';
export type { PurchaseInput, Product, Purchase, Transaction, World } from './world.ts';

export interface AppStoreSandboxOptions extends ListeningOptions {
  readonly app?: Partial<AppOfStore>;
  /** Not said: any id is one. */
  readonly products?: Readonly<Record<string, Product>>;
  /** Time passes by `world.advance` alone, from that instant on. */
  readonly driven?: Date;
  readonly graceDays?: number;
  /** Where it keeps what was bought, over a restart; nowhere when not said. Its root and its key are new each time. */
  readonly file?: string;
}

/** A notification as it is sent. */
export interface Notification {
  readonly uuid: string;
  /** `DID_RENEW.BILLING_RECOVERY` */
  readonly type: string;
  readonly at: number;
  /** The original transaction that it is about. */
  readonly of: string;
  /** The body of the request. */
  readonly body: string;
}

/** An answer to `world.askRefund`. */
export interface Consumption {
  readonly customerConsented: boolean;
  readonly consumptionPercentage?: number;
  readonly deliveryStatus: string;
  readonly refundPreference?: string;
  readonly sampleContentProvided: boolean;
}

/** What a call meets in place of the truth: the next one, or with `always` each whose path has `of` in it. */
export interface Fault {
  readonly status: number;
  /** Apple's number; not said: ten thousand times the status; null: no body, as its gateway answers. */
  readonly errorCode?: number | null;
  readonly of?: string;
  readonly always?: boolean;
}

/** A stand-in for the App Store that is running. */
export interface AppStoreSandbox {
  readonly url: string;
  readonly app: AppOfStore;
  /** What its chain of certificates leads to: PEM. */
  readonly root: string;
  readonly key: { readonly pem: string; readonly keyId: string; readonly issuerId: string };
  readonly world: World;
  /** Everything that was told, oldest first, delivered or not. */
  readonly notifications: readonly Notification[];
  /** What an app has of a purchase; of its newest period. */
  signedTransaction(purchaseId: string): string;
  /** Paths that were asked, oldest first. */
  readonly calls: readonly string[];
  /** What it was told of how purchases were used, oldest first. */
  readonly consumption: readonly (Consumption & { readonly transactionId: string })[];
  /** What the next calls are answered with, in order; a number is a status. */
  readonly faults: (number | Fault)[];
  /** The next answer is made when it is asked for, and sent when it is released. */
  hold(): { readonly asked: Promise<void>; readonly release: () => void };
  /** Where notifications go from now on; undefined: nowhere, and they are lost. */
  notifyAt(url: string | undefined): void;
  /** Lists nothing that was told until now any more. */
  forget(): void;
  /** Signs a payload as if it were of the App Store. */
  sign(payload: object): string;
  /** Another signer under the same root. */
  issue(signer: Signer): Chain;
  /** Sends one again; resolves with the status of the answer. */
  deliver(uuid: string): Promise<number>;
  /** Resolves when no delivery is under way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

const VENDOR = 'the App Store';
const PAGE = 20;
const MONTHLY: Product = { price: 9_990, currency: 'USD', months: 1 };

/**
 * Starts a server on loopback that speaks the App Store Server API as Apple's own package does, and sends App Store Server
 * Notifications, version 2, signed by a chain of its own. Customers act by `world`, or by `POST /controls/<what>` with JSON.
 */
export async function createAppStoreSandbox(options: AppStoreSandboxOptions = {}): Promise<AppStoreSandbox> {
  const app: AppOfStore = {
    bundleId: 'com.example.plinth',
    appId: 1_234_567_890,
    environment: 'Sandbox',
    ...options.app,
  };
  const authority = createAuthority();
  const chain = authority.issue();
  const { pem, publicKey } = createApiKey();
  const key = { pem, keyId: 'SANDBOXKEY', issuerId: '57246542-96fe-1a63-e053-0824d011072a' };
  const notifications: Notification[] = [];
  const calls: string[] = [];
  const consumption: Parts['consumption'] = [];
  const faults: (number | Fault)[] = [];
  const holds: { readonly asked: () => void; readonly released: Promise<void> }[] = [];
  const underWay = new Set<Promise<unknown>>();
  let endpoint: string | undefined;
  let forgotten = 0;
  const world: World = new World({
    products: options.products ?? anyProduct(),
    graceDays: options.graceDays ?? 0,
    driven: options.driven,
    tell(happening) {
      const { uuid, type, subtype, at } = happening;
      const body = JSON.stringify({ signedPayload: wire.notification(happening) });
      const name = [type, subtype].filter((word) => word !== undefined).join('.');
      notifications.push({ uuid, type: name, at, of: happening.purchase.id, body });
      if (endpoint !== undefined) void send(body).catch(() => undefined);
    },
  });
  const { file } = options;
  const former = file === undefined ? undefined : await StateFile.read(file, VENDOR, isState);
  if (former !== undefined) world.load(former);
  const kept = new StateFile(file, () => world.state());
  const wire = new Wire(app, chain, () => world.now());
  const signedTransaction = (id: string) => wire.transaction(world.purchase(id), current(world.purchase(id)));

  function send(body: string): Promise<number> {
    if (endpoint === undefined) throw new Error('it was not said where notifications go');
    const sending = fetch(endpoint, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    }).then(({ status }) => status);
    underWay.add(sending);
    return sending.finally(() => underWay.delete(sending));
  }

  const listener: RequestListener = (request, response) => {
    const reply = (status: number, body?: object) =>
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(body === undefined ? '' : JSON.stringify(body));
    const answerAndSave = async () => {
      const given = await answer(request);
      await kept.keep();
      return given;
    };
    void answerAndSave().then(
      ([status, body]) => reply(status, body),
      (error: unknown) => reply(400, { errorCode: 4_000_000, errorMessage: String(error) }),
    );
  };

  async function answer(request: IncomingMessage): Promise<readonly [number, object?]> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://sandbox');
    const body = await text(request);
    const [, area, , ...rest] = pathname.split('/');
    if (area === 'controls') return control({ world, signedTransaction }, pathname.split('/')[2] ?? '', body);
    calls.push(`${request.method} ${pathname}`);
    const fault = faultOf(faults, pathname);
    if (fault !== undefined) return fault;
    if (!isBearer(request, { publicKey, keyId: key.keyId, bundleId: app.bundleId })) return [401];
    const made = ask(
      { world, wire, consumption, notifications: notifications.slice(forgotten) },
      { rest, query: searchParams, body },
    );
    const held = holds.shift();
    held?.asked();
    await held?.released;
    return made;
  }

  const listening = await listen(VENDOR, listener, options);
  return {
    url: listening.url,
    app,
    root: chain.root,
    key,
    world,
    notifications,
    calls,
    consumption,
    faults,
    signedTransaction,
    hold() {
      const released = new EventTarget();
      const asked = new Promise<void>((resolve) => {
        const answered = new Promise<void>((go) => {
          released.addEventListener('release', () => go(), { once: true });
        });
        holds.push({ asked: resolve, released: answered });
      });
      return { asked, release: () => void released.dispatchEvent(new Event('release')) };
    },
    notifyAt(url) {
      endpoint = url;
    },
    forget() {
      forgotten = notifications.length;
    },
    sign: (payload) => signJws(chain, { ...payload, signedDate: world.now() }),
    issue: authority.issue,
    deliver: async (uuid) => send(notifications.find((one) => one.uuid === uuid)?.body ?? ''),
    async idle() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
    close: listening.close,
  };
}

/** Takes the fault that a call meets, as it is answered. */
function faultOf(faults: (number | Fault)[], path: string): readonly [number, object?] | undefined {
  const at = faults.findIndex((one) => typeof one === 'number' || path.includes(one.of ?? ''));
  const found = faults[at];
  if (found === undefined) return undefined;
  const fault: Fault = typeof found === 'number' ? { status: found } : found;
  if (fault.always !== true) faults.splice(at, 1);
  const { status, errorCode = status * 10_000 } = fault;
  return errorCode === null ? [status] : [status, { errorCode, errorMessage: 'told to fail' }];
}

/** Files are written by this program alone: a look at the outside of one tells whether it is one of them. */
const isState = (kept: unknown): kept is WorldState =>
  typeof kept === 'object' && kept !== null && 'purchases' in kept && Array.isArray(kept.purchases);

/** Any id is a product: of a year or a month, if it ends so, and otherwise bought once. */
function anyProduct(): Readonly<Record<string, Product>> {
  return new Proxy<Record<string, Product>>(
    {},
    {
      get(_, id) {
        const { months, ...price } = MONTHLY;
        if (String(id).endsWith('monthly')) return { ...price, months };
        return String(id).endsWith('yearly') ? { ...price, months: 12 } : price;
      },
    },
  );
}

interface CallInput {
  /** The path below the version: what is asked for, and of what. */
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
  readonly body: string;
}

interface Parts {
  readonly world: World;
  readonly wire: Wire;
  readonly consumption: (Consumption & { readonly transactionId: string })[];
  readonly notifications: readonly Notification[];
}

/** What Apple takes no answer for; undefined: it takes this one. */
function objectionTo(purchase: Purchase, told: Consumption): number | undefined {
  const { customerConsented, consumptionPercentage: percentage, deliveryStatus } = told;
  if (!customerConsented) return 4_000_035;
  if (purchase.isFamily) return 4_000_185;
  const isShare = percentage === undefined || (percentage >= 0 && percentage <= 100_000);
  const isWrong = purchase.isSubscription
    ? percentage !== undefined
    : deliveryStatus !== 'DELIVERED' && percentage !== 0;
  return !isShare || isWrong ? 4_000_000 : undefined;
}

const UNKNOWN = [404, { errorCode: 4_040_010, errorMessage: 'Transaction id not found.' }] as const;

function ask(parts: Parts, asked: CallInput): readonly [number, object?] {
  const { world, wire } = parts;
  const [area, id = '', more] = asked.rest;
  if (area === 'notifications') return [200, history(parts, asked)];
  const of = [...world.purchases.values()];
  const wanted = id === 'extend' || id === 'consumption' ? (more ?? '') : id;
  const purchase = of.find(({ transactions }) =>
    transactions.some(({ transactionId }) => transactionId === wanted),
  );
  const transaction = purchase?.transactions.find(({ transactionId }) => transactionId === wanted);
  if (purchase === undefined || transaction === undefined) return UNKNOWN;
  if (area === 'history')
    return [200, wire.history(purchase, Number(asked.query.get('revision') ?? 0), PAGE)];
  if (area === 'subscriptions' && id === 'extend') {
    const { extendByDays, requestIdentifier } = JSON.parse(asked.body) as Record<string, never>;
    const errorCode = world.extend(purchase.id, extendByDays ?? 0);
    if (errorCode !== undefined) return [403, { errorCode, errorMessage: 'Forbidden extension' }];
    const effectiveDate = current(purchase).expiresDate;
    return [200, { originalTransactionId: purchase.id, requestIdentifier, success: true, effectiveDate }];
  }
  if (area === 'subscriptions') return [200, wire.statuses(purchase)];
  if (id === 'consumption') {
    const told = JSON.parse(asked.body) as Consumption;
    const errorCode = objectionTo(purchase, told);
    if (errorCode !== undefined) return [400, { errorCode, errorMessage: 'Invalid request' }];
    parts.consumption.push({ ...told, transactionId: wanted });
    return [202];
  }
  if (more === 'appAccountToken') {
    const { appAccountToken } = JSON.parse(asked.body) as { appAccountToken: string };
    purchase.appAccountToken = appAccountToken;
    return [200];
  }
  return [200, { signedTransactionInfo: wire.transaction(purchase, transaction) }];
}

function history({ notifications }: Parts, { query, body }: CallInput): object {
  const { startDate, endDate } = JSON.parse(body) as { startDate: number; endDate: number };
  const found = notifications.filter(({ at }) => at >= startDate && at <= endDate);
  const from = Number(query.get('paginationToken') ?? 0);
  const page = found.slice(from, from + PAGE);
  return {
    hasMore: from + page.length < found.length,
    paginationToken: String(from + page.length),
    notificationHistory: page.map((one) => JSON.parse(one.body) as object),
  };
}

const part = (of: string) =>
  JSON.parse(Buffer.from(of, 'base64url').toString() || '{}') as Record<string, unknown>;

/** `Bearer`, a JWT of ES256 by the key, for that app. */
function isBearer(
  { headers }: IncomingMessage,
  {
    publicKey,
    keyId,
    bundleId,
  }: { readonly publicKey: KeyObject; readonly keyId: string; readonly bundleId: string },
): boolean {
  const [header = '', payload = '', signature = ''] = (headers.authorization ?? '')
    .replace('Bearer ', '')
    .split('.');
  return (
    part(header)['kid'] === keyId &&
    part(payload)['bid'] === bundleId &&
    verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    )
  );
}

/** What a customer does, by hand: `POST /controls/buy {"product": "reel.pro.monthly"}` answers what the app would have. */
function control(
  { world, signedTransaction }: Pick<AppStoreSandbox, 'world' | 'signedTransaction'>,
  what: string,
  body: string,
): readonly [number, object] {
  const asked = JSON.parse(body || '{}') as Record<string, never>;
  const { id, product, card, price, days, appAccountToken } = asked;
  const controls: Readonly<Record<string, () => void>> = {
    cancel: () => world.cancel(id ?? ''),
    resume: () => world.resume(id ?? ''),
    card: () => world.setCard(id ?? '', card ?? 'good'),
    upgrade: () => world.upgrade(id ?? '', product ?? '', appAccountToken),
    downgrade: () => world.downgrade(id ?? '', product ?? ''),
    'ask-refund': () => world.askRefund(id ?? ''),
    refund: () => world.refund(id ?? ''),
    'reverse-refund': () => world.reverseRefund(id ?? ''),
    revoke: () => world.revoke(id ?? ''),
    'raise-price': () => world.raisePrice(id ?? '', price ?? 0),
    agree: () => world.agree(id ?? ''),
    advance: () => world.advance(days ?? 0),
  };
  if (what === 'buy') {
    const { id: bought } = world.buy(asked as unknown as Parameters<World['buy']>[0]);
    return [201, { id: bought, signedTransaction: signedTransaction(bought) }];
  }
  if (what === 'restore') return [200, { id, signedTransaction: signedTransaction(id ?? '') }];
  const act = controls[what];
  if (act === undefined)
    return [404, { errorMessage: `there is no ${what}: buy, restore, ${Object.keys(controls).join(', ')}` }];
  act();
  return [200, { now: new Date(world.now()).toISOString() }];
}
