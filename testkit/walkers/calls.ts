import { randomUUID } from 'node:crypto';
import { exampleOf, idempotencyOf, type Route, type RouteExample } from '#platform/http';
import { isUuid } from '#platform/kernel';
import { products } from '#products';
import { bodyTypeOf, fieldsText, formText } from './forms.ts';
import { accountFor } from './own-accounts.ts';

/** Ids by the name of the column that holds them. */
export type IdsByColumn = ReadonlyMap<string, readonly string[]>;

/** A place in a call where an id goes: in its path, its query or at the top of its body. */
export interface Hole {
  readonly place: 'params' | 'query' | 'body';
  readonly name: string;
}

/** The ids that go into a call's holes, by `place.name`. */
export type PathValues = Readonly<Record<string, string>>;

export interface CallInput {
  /** A token or a key; none: without one. */
  readonly as?: string | undefined;
  readonly account?: string;
  readonly filling?: PathValues;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of the example's. */
  readonly body?: unknown;
  /** A body as it is, in place of one made from a value. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly query?: Readonly<Record<string, unknown>>;
  /** In place of the secret of a product that the example shows. */
  readonly productKey?: string | undefined;
  /** The whole path, in place of the route's with the example's parameters. */
  readonly path?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** undefined: the body is no JSON. */
  readonly json: unknown;
  readonly code: string | undefined;
}

/** A call as it goes out. */
interface Outgoing {
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | undefined;
}

const OCTET_STREAM = 'application/octet-stream';
/** What is sent to a route that takes bytes alone, which no example shows. */
const OCTETS = Buffer.from('bytes of a file');

/** The call that a route's example shows, with what is said otherwise. */
export function requestOf(route: Route, sending: CallInput): Outgoing {
  const { as, account = accountFor(route, as), filling = {}, raw } = sending;
  const { shape } = route;
  const example = exampleOf(route);
  const withKey = (text: string) => withProductKey(route, sending.productKey, text);
  const text = 'body' in sending ? bodyText(route, sending.body) : exampleText(route, filling);
  const octets = shape.streamedBody === true && shape.body === undefined ? OCTETS : undefined;
  const body = raw ?? (text === undefined ? octets : withKey(text));
  const query = queryText(
    sending.query ?? atOnce(fillHoles(example.query, 'query', filling) as RouteExample['query']),
  );
  const path = sending.path ?? withKey(pathOf(route, { ...namesIn(example.params), ...paramsOf(filling) }));
  return {
    path: path + query,
    body,
    headers: {
      ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
      ...(account === undefined ? {} : { 'x-account-id': account }),
      ...(body === undefined
        ? {}
        : { 'content-type': body === octets ? OCTET_STREAM : bodyTypeOf(route.shape) }),
      ...(idempotencyOf(route) === 'none' ? {} : { 'idempotency-key': randomUUID() }),
      ...sending.headers,
    },
  };
}

/** The query of an example without its wait for some work: no worker runs at a walk. */
const atOnce = (query: RouteExample['query']): RouteExample['query'] =>
  query?.['wait'] === undefined ? query : { ...query, wait: 0 };

/** Changes that were agreed to, by caller: a repeat agrees to the price of the first call. */
const agreedOnce = new Map<string, Record<string, unknown>>();

interface Agreement {
  /** Fields of the body; empty for a caller who sees no price. */
  readonly agreed: Readonly<Record<string, unknown>>;
  /** The answer of the call that shows the price, where it shows none. */
  readonly refused?: Reply;
}

/** The agreement of a call that costs money to the price that its caller sees now. */
async function agreedFor(url: string, { name }: Route, { headers, body }: Outgoing): Promise<Agreement> {
  const shows = PRICES[name];
  if (shows === undefined || typeof body !== 'string') return { agreed: {} };
  const key = JSON.stringify([url, name, headers['authorization'], headers['x-account-id'], body]);
  const known = agreedOnce.get(key);
  if (known !== undefined) return { agreed: known };
  const { authorization, 'x-account-id': account } = headers;
  const own = { ...(authorization && { authorization }), ...(account && { 'x-account-id': account }) };
  const shown = await readReply(
    await fetch(url + shows.path(JSON.parse(body) as Record<string, string>), { headers: own }),
  );
  if (shown.status !== 200 || !isRecord(shown.json)) return { agreed: {}, refused: shown };
  const agreed = shows.agree(shown.json);
  if (shows.isKept) agreedOnce.set(key, agreed);
  return { agreed };
}

type Shown = Readonly<Record<string, unknown>>;
interface PriceTag {
  /** The call that shows the price, by the body of the one that agrees to it. */
  path(body: Readonly<Record<string, string>>): string;
  readonly isKept: boolean;
  agree(shown: Shown): Record<string, unknown>;
}
const PRICES: Readonly<Record<string, PriceTag>> = {
  'POST /v1/billing/subscription/change': {
    path: ({ product, plan }) => `/v1/billing/subscription/preview?product=${product}&plan=${plan}`,
    isKept: true,
    agree: ({ due_now, unit_amount, quantity, currency, prorated_at }) => ({
      agreed: { due_now, unit_amount, quantity, currency },
      prorated_at: prorated_at ?? undefined,
    }),
  },
  'PUT /v1/billing/top-ups': {
    path: () => '/v1/plans',
    isKept: true,
    // The example names no pack that is sold here.
    agree: ({ add_ons }) => {
      const packs = add_ons as { id: string; product: string; price: Shown; pack: unknown }[];
      const { id, product, price } = packs.find(({ pack }) => pack !== null) ?? {};
      return { product, add_on: id, agreed: { unit_amount: price?.['once'], currency: price?.['currency'] } };
    },
  },
  // The example names no payment of the household.
  'POST /v1/admin/billing/refunds': {
    path: ({ account_id: account }) => `/v1/admin/customers/${account}`,
    isKept: true,
    agree: ({ payments }) => {
      const paid = payments as { payment: string; subscription_id: string | null }[];
      return {
        payment: paid.find((one) => one.subscription_id !== null && !one.payment.includes('-'))?.payment,
      };
    },
  },
  'POST /v1/billing/subscription/resume': {
    path: ({ product }) => `/v1/billing/subscription?product=${product}`,
    isKept: false,
    agree: ({ quantity, price }) => ({ agreed: { ...(price as object), quantity } }),
  },
};

/** Makes the call that a route's example shows, with what is said otherwise. */
export async function send(url: string, route: Route, sending: CallInput = {}): Promise<Reply> {
  const outgoing = requestOf(route, sending);
  const { path, headers } = outgoing;
  const isExample = !('body' in sending) && sending.raw === undefined && sending.query === undefined;
  const { agreed, refused }: Agreement = isExample ? await agreedFor(url, route, outgoing) : { agreed: {} };
  const body =
    Object.keys(agreed).length === 0
      ? outgoing.body
      : JSON.stringify({ ...(JSON.parse(String(outgoing.body)) as object), ...agreed });
  const response = await fetch(url + path, {
    method: route.method,
    // Where a call leads is its answer, and no walk of ours.
    redirect: 'manual',
    headers,
    ...(body === undefined ? {} : { body }),
  });
  const reply = await readReply(response);
  if (refused === undefined || reply.code !== 'validation_failed') return reply;
  // A call without a price is refused because its price was not shown.
  const { status, code = refused.text } = refused;
  return { ...reply, code: `${reply.code}, for its price was not shown: ${status} ${code}` };
}

function withProductKey(route: Route, key: string | undefined, text: string): string {
  const shown = key === undefined ? undefined : route.shape.productKey?.(exampleOf(route) as never);
  return key === undefined || shown === undefined ? text : text.replaceAll(shown, key);
}

/** The body of a route's example, with ids that exist. */
export function exampleText(route: Route, filling: PathValues = {}): string | undefined {
  return bodyText(route, fillHoles(exampleOf(route).body, 'body', filling));
}

/** The same with another byte. */
export function otherText(route: Route, filling: PathValues = {}): string {
  const text = exampleText(route, filling) ?? '{}';
  return route.shape.multipart === true ? text.replace('\r\n\r\n', '\r\n\r\n ') : `${text} `;
}

async function readReply(response: Response): Promise<Reply> {
  const text = await response.text();
  const json = parseJson(text);
  const error = isRecord(json) ? json['error'] : undefined;
  const code = isRecord(error) ? codeOf(error) : undefined;
  return { status: response.status, headers: response.headers, text, json, code };
}

/** Undefined: it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bodyText({ shape }: Route, body: unknown): string | undefined {
  if (shape.multipart === true && isRecord(body)) return formText(body);
  if (shape.urlencoded === true && isRecord(body)) return fieldsText(body);
  return body === undefined ? undefined : JSON.stringify(body);
}

function queryText(query: Readonly<Record<string, unknown>> = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${name}=${encodeURIComponent(String(one))}`),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** A route's path with its parameters. */
export function pathOf(route: Route, params: Readonly<Record<string, string>>): string {
  return route.path.replace(/:(\w+)/g, (_whole, name: string) => params[name] ?? 'missing');
}

/** The names of a route's path parameters. */
export function paramNames(route: Route): string[] {
  return [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
}

/** Where ids go in a call; words in the path (`params: { id: 'text' }`) are none. */
export function holesOf(route: Route): Hole[] {
  const words: Readonly<Record<string, unknown>> = route.shape.params ?? {};
  const inPath = paramNames(route).filter((name) => words[name] !== 'text');
  const example = exampleOf(route);
  return [
    ...inPath.map((name) => ({ place: 'params' as const, name })),
    ...idsAtTop(example.query).map((name) => ({ place: 'query' as const, name })),
    ...idsAtTop(example.body).map((name) => ({ place: 'body' as const, name })),
  ];
}

const isId = (one: unknown) => typeof one === 'string' && isUuid(one);

function idsAtTop(value: unknown): string[] {
  const entries = isRecord(value) ? Object.entries(value) : [];
  return entries
    .filter(([, one]) => isId(one) || (Array.isArray(one) && one.length > 0 && one.every(isId)))
    .map(([name]) => name);
}

/** More ways than that are tried for minutes, and mean that nothing tells which ids a call is about. */
const MOST_WAYS = 2_000;

/**
 * Ways to fill a call's holes: with every id that is likely meant, and then with `others`. Where there are several holes, or no
 * others are given, with the likely ones alone; with all ids, where no column says which are likely.
 */
export function fillingsOf(route: Route, ids: IdsByColumn, others?: readonly string[]): PathValues[] {
  const holes = holesOf(route);
  const candidates = holes.map(({ name }) => {
    const likely = likelyIds(ids, columnOf(route, name));
    const isEnough = likely.length > 0 && (holes.length > 1 || others === undefined);
    return isEnough ? likely : [...new Set([...likely, ...(others ?? [...ids.values()].flat())])];
  });
  const ways = candidates.reduce((product, { length }) => product * length, 1);
  if (ways > MOST_WAYS)
    throw new Error(`${route.name}: ${ways} ways to fill its ids: no column says which are meant`);
  return holes.reduce<PathValues[]>(
    (fillings, { place, name }, index) =>
      fillings.flatMap((one) =>
        (candidates[index] ?? []).map((id) => ({ ...one, [`${place}.${name}`]: id })),
      ),
    [{}],
  );
}

/** The ids of a column, or of those whose names end like it: a key_id is an api_key_id or a developer_key_id. */
function likelyIds(ids: IdsByColumn, column: string): readonly string[] {
  return ids.get(column) ?? [...ids].flatMap(([name, held]) => (name.endsWith(`_${column}`) ? held : []));
}

/** Paths, queries and bodies call these things otherwise than columns do. */
const OTHERWISE: Readonly<Record<string, string>> = {
  // The id of a file of a session is in its own table, as what its bytes were sealed for.
  file_id: 'sealed_for',
  mentions: 'user_id',
  workspace_id: 'account_id',
  by: 'decision_id',
  ids: 'record_id',
  customer: 'account_id',
  organization: 'account_id',
  sso: 'account_id',
  workspace: 'account_id',
  mail: 'message_id',
};

/** Where other tables name what a hole is about: `/drafts/:id` is a draft_id, `/organizations/:id` an account_id. */
function columnOf(route: Route, name: string): string {
  if (name !== 'id') return OTHERWISE[name] ?? name.replace(/_ids$/, '_id');
  if (route.path.startsWith('/v1/usage/events/')) return 'usage_event_id';
  const [, segment = ''] = /([\w-]+?)s?\/:id\b/.exec(route.path) ?? [];
  if (segment === 'template' && route.path.startsWith('/v1/admin/')) return 'public_template_id';
  return OTHERWISE[segment] ?? `${segment.replaceAll('-', '_')}_id`;
}

function fillHoles(value: unknown, place: Hole['place'], filling: PathValues): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      const id = filling[`${place}.${name}`];
      if (id === undefined) return [name, toSoldProduct(name, one)];
      return [name, Array.isArray(one) ? [id] : id];
    }),
  );
}

/** The first product that sells a plan. */
const sold = products.find(({ catalogue }) =>
  Object.values(catalogue.plans).some(({ price }) => price !== undefined && price.monthly !== 0),
)?.catalogue;

/** The platform's examples speak of a product that does not exist; one that is sold stands for it, with a plan or an add-on of its own. */
function toSoldProduct(field: string, value: unknown): unknown {
  const [, name] = typeof value === 'string' ? (/^demo(?:\.(\w+))?$/.exec(value) ?? []) : [];
  if (sold === undefined || (name === undefined && value !== 'demo')) return value;
  if (name === undefined) return sold.product;
  const offered = Object.keys(field === 'add_on' ? sold.addOns : sold.plans);
  const isOffer = ['add_on', 'id', 'plan'].includes(field);
  return `${sold.product}.${isOffer && !offered.includes(name) ? (offered.at(-1) ?? name) : name}`;
}

function namesIn(params: RouteExample['params'] = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, String(toSoldProduct(name, value))]),
  );
}

function paramsOf(filling: PathValues): Record<string, string> {
  const given = Object.entries(filling).filter(([hole]) => hole.startsWith('params.'));
  return Object.fromEntries(given.map(([hole, id]) => [hole.slice('params.'.length), id]));
}

/** Our code: in Google's form of an error it is the reason in its details. */
export function codeOf({ code, details }: Readonly<Record<string, unknown>>): string | undefined {
  const reasons = Array.isArray(details) ? details.map((one: unknown) => isRecord(one) && one['reason']) : [];
  return [code, ...reasons].find((said) => typeof said === 'string');
}
