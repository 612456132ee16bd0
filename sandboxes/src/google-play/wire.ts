import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { jwtVerify } from 'jose';
import { etagOf, isOnce, orderBody, productBody, purchaseBody, voidedBody } from './objects.ts';
import type { Pusher } from './push.ts';
import type { World } from './world.ts';

/** What the next call of the API meets in place of the truth. */
export interface Fault {
  readonly status: number;
  readonly reason?: string;
  /** Only a call whose path has this in it. */
  readonly of?: string;
  /** Every such call, and not the next one alone. */
  readonly always?: boolean;
  /** Without a body, as a gateway answers that stands before the API. */
  readonly empty?: boolean;
}

export interface ServerParts {
  readonly world: World;
  readonly pusher: Pusher;
  readonly packageName: string;
  /** Email of the service account. */
  readonly clientEmail: string;
  readonly key: KeyObject;
  readonly faults: Fault[];
  /** Keeps an answer back until it resolves: what it says was so when it was asked. */
  readonly delay: { until?: (() => Promise<void>) | undefined };
  /** Calls of the API, oldest first. */
  readonly calls: string[];
  /** Resolves when what has happened is kept. */
  readonly kept: () => Promise<void>;
  /** What a person, or a test, does from outside: POST /sandbox/<action>. */
  readonly act: (action: string, body: Readonly<Record<string, unknown>>) => unknown;
}

/** As Google words what it refuses. */
class GoogleError extends Error {
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** As a gateway before the API answers: without a body. */
class EmptyRefusal extends GoogleError {}

const ACCESS_TOKEN = 'ya29.sandbox';
const API = '/androidpublisher/v3/applications/';

/** Answers as `androidpublisher.googleapis.com`, `oauth2.googleapis.com/token` and `www.googleapis.com/oauth2/v1/certs` do. */
export function vendorListener(wired: () => ServerParts): RequestListener {
  return (request, response) => {
    const respondAndSave = async () => {
      const body = await respond(wired(), request);
      await wired().kept();
      return body;
    };
    respondAndSave().then(
      (body) => send(response, 200, body),
      (error: unknown) => {
        const { status, reason } = error instanceof GoogleError ? error : { status: 400, reason: 'invalid' };
        const message = error instanceof Error ? error.message : String(error);
        if (error instanceof EmptyRefusal) return send(response, status, undefined);
        const errors = [{ message, domain: 'androidpublisher', reason }];
        send(response, status, { error: { code: status, message, errors } });
      },
    );
  };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(body === undefined ? '' : JSON.stringify(body));
}

async function respond(wired: ServerParts, request: IncomingMessage): Promise<unknown> {
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const path = decodeURIComponent(url.pathname);
  const body = await text(request);
  if (path === '/certs') return wired.pusher.certificates();
  if (path === '/token') return grantToken(wired, new URLSearchParams(body));
  if (path.startsWith('/sandbox/')) return wired.act(path.slice('/sandbox/'.length), json(body));
  if (!path.startsWith(API)) throw new GoogleError(404, 'notFound', 'There is no such page.');
  if (request.headers.authorization !== `Bearer ${ACCESS_TOKEN}`)
    throw new GoogleError(401, 'authError', 'Invalid Credentials');
  wired.calls.push(`${request.method} ${path}`);
  const next = wired.faults.findIndex(({ of = '' }) => path.includes(of));
  const fault = wired.faults[next];
  if (fault !== undefined && fault.always !== true) wired.faults.splice(next, 1);
  if (fault !== undefined) {
    const Refused = fault.empty === true ? EmptyRefusal : GoogleError;
    throw new Refused(fault.status, fault.reason ?? 'backendError', 'As it was told to.');
  }
  const [named = '', ...rest] = path.slice(API.length).split('/');
  if (named !== wired.packageName)
    throw new GoogleError(404, 'applicationNotFound', `No application was found for the given package name.`);
  const told = await answer(wired.world, {
    call: `${request.method} ${rest.join('/')}`,
    query: url.searchParams,
    body: json(body),
  });
  await wired.delay.until?.();
  return told;
}

const json = (body: string): Readonly<Record<string, unknown>> => (body === '' ? {} : JSON.parse(body));

interface CallInput {
  readonly call: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

const CALLS: readonly (readonly [RegExp, (world: World, id: string, asked: CallInput) => unknown])[] = [
  [/^GET purchases\/subscriptionsv2\/tokens\/([^:]+)$/, readPurchase],
  [
    /^POST purchases\/subscriptionsv2\/tokens\/([^:]+):cancel$/,
    (world, token) => (world.cancel(findPurchaseToken(world, token), 'developer'), {}),
  ],
  [
    /^POST purchases\/subscriptionsv2\/tokens\/([^:]+):revoke$/,
    (world, token) => (world.revoke(findPurchaseToken(world, token)), {}),
  ],
  [/^POST purchases\/subscriptionsv2\/tokens\/([^:]+):defer$/, deferPurchase],
  [
    /^POST purchases\/subscriptions\/[^/]+\/tokens\/([^:]+):acknowledge$/,
    (world, token) => world.acknowledge(findPurchaseToken(world, token)),
  ],
  [/^GET purchases\/productsv2\/tokens\/([^:]+)$/, readProduct],
  [
    /^POST purchases\/products\/[^/]+\/tokens\/([^:]+):consume$/,
    (world, token) => world.acknowledge(findPurchaseToken(world, token, true)),
  ],
  [
    /^GET orders:batchGet()$/,
    (world, _, { query }) => ({ orders: query.getAll('orderIds').map((id) => readOrder(world, id)) }),
  ],
  [/^GET orders\/([^:]+)$/, readOrder],
  [/^POST orders\/([^:]+):refund$/, refundOrder],
  [/^GET purchases\/voidedpurchases()$/, listVoided],
];

function answer(world: World, asked: CallInput): unknown {
  for (const [pattern, handle] of CALLS) {
    const match = pattern.exec(asked.call);
    if (match !== null) return handle(world, match[1] ?? '', asked);
  }
  throw new GoogleError(404, 'notFound', `There is no ${asked.call}.`);
}

/** Days after its end for which a purchase can be read. */
const READABLE = 60 * 86_400_000;

function findPurchaseToken(world: World, token: string, once = false): string {
  const purchase = world.purchases.get(token);
  if (purchase === undefined || isOnce(purchase) !== once)
    throw new GoogleError(404, 'purchaseTokenNotFound', 'The purchase token was not found.');
  if (purchase.state === 'EXPIRED' && purchase.expiryTime + READABLE < world.now)
    throw new GoogleError(
      410,
      'subscriptionPurchaseNoLongerAvailable',
      'The subscription purchase is no longer available for query because it has been expired for too long.',
    );
  return token;
}

function readPurchase(world: World, token: string): object {
  return purchaseBody(world.purchase(findPurchaseToken(world, token)), world.ordersOf(token).at(-1));
}

function readProduct(world: World, token: string): object {
  return productBody(world.purchase(findPurchaseToken(world, token, true)), world.ordersOf(token).at(-1));
}

function readOrder(world: World, id: string): object {
  const order = world.orders.get(id);
  if (order === undefined) throw new GoogleError(404, 'orderNotFound', 'The order was not found.');
  return orderBody(order);
}

function refundOrder(world: World, id: string, { query }: CallInput): void {
  readOrder(world, id);
  const order = world.orders.get(id);
  if (query.get('revoke') === 'true' && order !== undefined) world.revoke(order.purchase.token);
  else world.refund(id);
}

function deferPurchase(world: World, token: string, { body }: CallInput): object {
  const { deferDuration = '0s', etag } = (body['deferralContext'] ?? {}) as Record<string, string>;
  const { state } = world.purchase(findPurchaseToken(world, token));
  if (etag !== etagOf(world.purchase(token)))
    throw new GoogleError(409, 'concurrentUpdate', 'It was changed.');
  if (state !== 'ACTIVE') throw new GoogleError(400, 'subscriptionNotActive', `It is ${state}.`);
  const until = world.defer(findPurchaseToken(world, token), Number.parseInt(deferDuration, 10) * 1_000);
  const { productId } = world.purchase(token).plan;
  return { itemExpiryTimeDetails: [{ productId, expiryTime: until.toISOString() }] };
}

/** The most entries of a page. */
const PAGE = 1_000;

function listVoided(world: World, _: string, { query }: CallInput): object {
  const first = Number(query.get('token') ?? 0);
  const most = Math.min(PAGE, Number(query.get('maxResults') ?? PAGE));
  const since = Number(query.get('startTime') ?? world.now - 30 * 86_400_000);
  const until = Number(query.get('endTime') ?? world.now);
  const isAll = query.get('type') === '1';
  const all = world.voided.filter(
    ({ at, order }) => at >= since && at <= until && (isAll || isOnce(order.purchase)),
  );
  const page = all.slice(first, first + most);
  const next = first + most < all.length ? { tokenPagination: { nextPageToken: String(first + most) } } : {};
  return { voidedPurchases: page.map(voidedBody), ...next };
}

/** OAuth 2.0 for service accounts: an assertion that the account's own key has signed. */
async function grantToken({ clientEmail, key }: ServerParts, form: URLSearchParams): Promise<object> {
  try {
    await jwtVerify(form.get('assertion') ?? '', createPublicKey(key), { issuer: clientEmail });
  } catch {
    throw new GoogleError(400, 'invalid_grant', 'Invalid JWT Signature.');
  }
  return { access_token: ACCESS_TOKEN, expires_in: 3_599, token_type: 'Bearer' };
}
