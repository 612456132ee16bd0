import { type Database, type CommitPoint, statement, systemCall } from '#platform/db';
import type { HolderId } from '#platform/kernel';
import { type Asked, isLike, requestText } from '../batch.ts';
import { arrayOf, composite } from '../composite.ts';
import { type Basis, basisOf } from '../decide/basis.ts';
import type { FeatureRules, Request } from '../decide/state.ts';
import { createKnown, databaseNow, type Known } from './known.ts';
import type { AdmitRequest } from '../permit.ts';

const ADMIT_WITHIN = `select limits.admit_within($1::accounts.spender, $2, $3::limits.basis, $4::limits.request[], $5, $6) as why`;

/** Why what was known did not hold: it is read again. Of all else only counters were in the way. */
const CHANGED: ReadonlySet<string> = new Set(['plan', 'time', 'spender', 'window']);

/** Answers after which the same question is not likely to be granted soon. */
const NO: ReadonlySet<string> = new Set(['denied', 'refused', 'plan_required']);

export interface WithinParts {
  readonly db: Database;
  readonly holder: HolderId;
  /** By `product.feature`. */
  readonly rules: ReadonlyMap<string, FeatureRules>;
  readonly point: CommitPoint;
  /** What there is to decide on; only tests have another one. */
  readonly known?: Pick<ReturnType<typeof createKnown>, 'of' | 'forget' | 'decided'>;
}

/**
 * Admission of whoever asks again and again: decided here on what is known of the account, and written by one short call if it
 * all still holds. It says yes or nothing; `limits.admit` decides the rest, and it alone says no.
 */
export function createWithin({ db, holder, rules, point, known = createKnown(db) }: WithinParts) {
  /** The call for these, if they are alike and what is known says yes. */
  function callOf(items: readonly Asked[], wait: boolean) {
    const [first] = items;
    if (first === undefined || !items.every((item) => isAlike(item, first)) || hasTwins(items)) return;
    const { request } = first;
    const of = known.of(request);
    const feature = rules.get(`${request.product}.${request.feature}`);
    if (of === undefined || feature === undefined) return;
    const at = { now: databaseNow(of), holder, count: items.length, keyBudgets: of.keyBudgets };
    const basis = basisOf(of.standing, requestOf(first, feature), at);
    if (basis === undefined) {
      // From when periods are counted is fixed with the first use, which may have been since.
      const counts = feature.rules.some(({ per }) => per === 'billing_period');
      if (counts && of.standing.anchor === null) known.forget(request);
      return;
    }
    const { accountId, userId, keyId, sessionId } = request;
    return systemCall(
      statement<{ why: string | null }>(ADMIT_WITHIN, [
        composite([accountId, userId, keyId, sessionId]),
        request.product,
        basisText(basis, of, { feature, name: request.feature }),
        arrayOf(items.map((item) => requestText(item))),
        holder,
        wait,
      ]),
    );
  }

  return {
    /** Notes what kinds of answers the database gave by itself. A crowd of many accounts is decided together, whatever is known. */
    decided(items: readonly Asked[], kinds: readonly (string | undefined)[]): void {
      const [first] = items;
      const kind = kinds.at(-1);
      if (first === undefined || kind === undefined || !items.every((item) => isOfOneKey(item, first)))
        return;
      if (kind === 'granted' || NO.has(kind)) known.decided(first.request, kind === 'granted');
    },
    /** `granted`: all of them; `busy`: their row is locked, nothing was tried. Else nothing was written. */
    async admit(items: readonly Asked[], wait: boolean): Promise<'granted' | 'busy' | 'missed'> {
      const call = callOf(items, wait);
      const [first] = items;
      if (call === undefined || first === undefined) return 'missed';
      const [[row]] = await db.system('limits.admission', point, [call]);
      const why = row?.why ?? null;
      if (why === null) return 'granted';
      if (CHANGED.has(why)) known.forget(first.request);
      return why === 'busy' ? 'busy' : 'missed';
    },
  };
}

function isOfOneKey({ request: one }: Asked, { request: other }: Asked): boolean {
  return one.accountId === other.accountId && one.product === other.product && one.keyId === other.keyId;
}

function isAlike(a: Asked, b: Asked): boolean {
  const [one, other] = [a.request, b.request];
  return (
    a === b ||
    (isLike(one, other) &&
      one.units === other.units &&
      one.as === other.as &&
      one.call.reserve === other.call.reserve &&
      one.call.provider === other.call.provider &&
      (a.keyed === undefined) === (b.keyed === undefined))
  );
}

/** The second under a key is a repeat of the first. */
function hasTwins(items: readonly Asked[]): boolean {
  const hashes = items.flatMap(({ keyed }) => keyed?.name.keyHash ?? []);
  return new Set(hashes).size < hashes.length;
}

/** A request as `decide` takes it, under no key. */
export function requestOf({ request, permit, event }: Omit<Asked, 'keyed'>, rules: FeatureRules): Request {
  const { userId, keyId, sessionId, feature, units = 1, subject, needs, requestId, call } = request;
  const { reserve, provider } = call;
  const state = stateOf(request);
  const who = { permitId: permit, eventId: event, userId, keyId, sessionId };
  return {
    ...who,
    feature,
    rules,
    units,
    reserve,
    least: reserve,
    state,
    subject,
    provider,
    requestId,
    needs,
  };
}

function stateOf({ as }: Pick<AdmitRequest, 'as'>): 'queued' | 'running' {
  return as === 'job' ? 'queued' : 'running';
}

function basisText(
  { since, until, plan, bounds, slots, places, charges }: Basis,
  { standing, keyBudgets }: Known,
  { feature, name }: { readonly feature: FeatureRules; readonly name: string },
): string {
  const borne = feature.rules.find(({ kind }) => kind === 'failures')?.most;
  return composite([
    name,
    feature.longestSeconds,
    since,
    until,
    standing.version,
    standing.byDefault,
    plan,
    arrayOf(bounds.map((b) => composite([b.scope, b.name, b.start, b.amount, b.most, b.kind]))),
    arrayOf(slots),
    arrayOf(places.map(String)),
    JSON.stringify(charges),
    borne,
    keyBudgets.length === 0
      ? null
      : arrayOf(keyBudgets.map(({ keyId, micros }) => composite([keyId, micros]))),
  ]);
}
