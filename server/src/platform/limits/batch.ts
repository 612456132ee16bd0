import type { AccountId, HolderId, PermitId, UsageEventId } from '#platform/kernel';
import type { KeptAnswers, KeyName } from '#platform/idempotency';
import type { CompiledFeature } from './features.ts';
import type { AdmitRequest, IdempotencyRequest } from './permit.ts';

/** A request with the ids of the permit and the usage event that it may get. */
export interface AdmissionItem {
  readonly request: AdmitRequest;
  /** As the plans had it when the request came. */
  readonly feature: CompiledFeature;
  readonly keyed: IdempotencyKey | undefined;
  readonly permit: PermitId;
  readonly event: UsageEventId;
}

/** A batch as `limits.admit` reads it: the values of its parameters but the last, and the order of the answers. */
export interface Batch {
  readonly values: readonly [
    accounts: string,
    products: string,
    features: string,
    spenders: string,
    runs: string,
    requests: string,
    holder: string,
    wait: boolean,
  ];
  /** Facts of the requests, where one has any: `limits.call_facts[]`. */
  readonly facts: string | null;
  /** The indexes of the items in the order of the answers. */
  readonly order: readonly number[];
}

/** The meter under whose lock an account's requests and permits of a product are decided. */
export function meterOf(accountId: AccountId, product: string): string {
  return `${accountId} ${product}`;
}

/**
 * Puts a batch in the order in which all processes lock meters, and says once what neighbours have in common: of one
 * account's crowd each request is then little more than its ids.
 */
export function createBatch(
  items: readonly AdmissionItem[],
  to: { readonly holder: HolderId; readonly wait: boolean },
): Batch {
  const meters = items.map(({ request }) => meterOf(request.accountId, request.product));
  const order = items.map((_, index) => index).sort((a, b) => compareText(meters[a], meters[b]) || a - b);
  const runs: Run[] = [];
  const requests: string[] = [];
  const facts: string[] = [];
  const accounts: string[] = [];
  const products: string[] = [];
  const known = new Map<CompiledFeature, number>();
  const duplicates = new Map<string, number>();
  let meter = '';
  let last: Run | undefined;
  for (const at of order) {
    const item = items[at];
    if (item === undefined) continue;
    const { request } = item;
    if (meter !== meters[at]) {
      meter = meters[at] ?? '';
      accounts.push(request.accountId);
      products.push(request.product);
    }
    if (last === undefined || last.compiled !== item.feature || !isLike(last.request, request)) {
      last = { request, compiled: item.feature, first: requests.length + 1, last: 0, meter: accounts.length };
      runs.push(last);
    }
    last.last = requests.length + 1;
    requests.push(composite(requestFields(item, requests.length + 1, duplicates)));
    facts.push(composite(factFields(request)));
  }
  const texts: string[] = [];
  const runTexts = runs.map((run) => {
    let feature = known.get(run.compiled);
    if (feature === undefined) {
      feature = texts.push(run.compiled.text);
      known.set(run.compiled, feature);
    }
    return composite(runFields(run, feature));
  });
  return {
    order,
    facts: facts.every((fact) => fact === NO_FACTS) ? null : arrayOf(facts),
    values: [
      arrayOf(accounts),
      arrayOf(products),
      arrayOf(texts),
      arrayOf(runs.map(({ request }) => composite(spenderFields(request)))),
      arrayOf(runTexts),
      arrayOf(requests),
      to.holder,
      to.wait,
    ],
  };
}

interface Run {
  readonly request: AdmitRequest;
  readonly compiled: CompiledFeature;
  readonly first: number;
  last: number;
  readonly meter: number;
}

/** Whether two requests are decided by the same windows. */
function isLike(a: AdmitRequest, b: AdmitRequest): boolean {
  return (
    a.accountId === b.accountId &&
    a.userId === b.userId &&
    a.keyId === b.keyId &&
    a.sessionId === b.sessionId &&
    a.product === b.product &&
    a.feature === b.feature &&
    a.subject === b.subject &&
    a.tags?.['user_id'] === b.tags?.['user_id'] &&
    a.needs === b.needs
  );
}

function spenderFields({ accountId, userId, keyId, sessionId }: AdmitRequest) {
  return [accountId, userId, keyId, sessionId];
}

function runFields({ request, first, last, meter }: Run, feature: number) {
  const { product, feature: name, subject, needs } = request;
  return [
    first,
    last,
    meter,
    feature,
    product,
    name,
    subject,
    needs === undefined ? null : JSON.stringify(needs),
  ];
}

function requestFields(
  { request, keyed, permit, event }: AdmissionItem,
  index: number,
  duplicates: Map<string, number>,
) {
  const { call } = request;
  const who = [request.accountId, permit, event, request.userId, request.keyId];
  const reserves = [call.reserve, Math.min(request.leastReserve ?? call.reserve, call.reserve)];
  const what = [request.product, request.feature, request.units ?? 1, ...reserves];
  const state = request.as === 'job' ? 'queued' : 'running';
  const how = [state, request.subject, call.provider, call.model, call.priceVersion, request.requestId];
  if (keyed === undefined) return [...who, ...what, ...how, null, null, null, null];
  const { route, keyHash } = keyed.name;
  // An HMAC of account and route too: two names never share one.
  const duplicate = duplicates.get(keyHash);
  duplicates.set(keyHash, index);
  return [...who, ...what, ...how, route, keyHash, keyed.request, duplicate];
}

function factFields({ call: { tokens }, leastTokens, tags }: AdmitRequest) {
  const least = tokens && Math.min(leastTokens ?? tokens, tokens);
  return [tokens, least, tags && JSON.stringify(tags)];
}

const NO_FACTS = '(,,)';

export function compareText(a: string | undefined, b: string | undefined): number {
  if (a === b || a === undefined || b === undefined) return 0;
  return a < b ? -1 : 1;
}

/** The Idempotency-Key of a call, as its row stores it. */
interface IdempotencyKey {
  readonly name: KeyName;
  /** The stored digest of the request. */
  readonly request: string;
  /** The key as it was sent; it is never stored. */
  readonly key: string;
}

/** The key of a call that spends for an account. */
export function idempotencyKeyOf(
  answers: KeptAnswers,
  accountId: AccountId,
  { route, by, key, bodyHash }: IdempotencyRequest,
): IdempotencyKey {
  const name = answers.nameOf({ owner: { account: accountId }, route, by, key });
  return { name, request: answers.requestOf(name, bodyHash), key };
}

/** A field of a composite value; null and undefined are SQL's null. */
export type Field = string | number | boolean | null | undefined;

/**
 * Writes a value of a composite type as PostgreSQL reads it: `("a","b",1,)`. Admission's requests travel so, because the
 * database reads them in a tenth of the time that it takes for JSON.
 */
export function composite(fields: readonly Field[]): string {
  let text = '(';
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index];
    if (index > 0) text += ',';
    if (field === null || field === undefined) continue;
    text += typeof field === 'string' ? quote(field) : field;
  }
  return `${text})`;
}

/** Writes an array of elements that are encoded already, composites or texts. */
export function arrayOf(elements: readonly string[]): string {
  return `{${elements.map(quote).join(',')}}`;
}

function quote(text: string): string {
  return `"${PLAIN.test(text) ? text : text.replace(/["\\]/g, '\\$&')}"`;
}

const PLAIN = /^[^"\\]*$/;
