import { type Database, type CommitPoint, statement, systemCall } from '#platform/db';
import type { HolderId } from '#platform/kernel';
import { type AdmissionItem, isLike, requestText } from '../batch.ts';
import { arrayOf, composite } from '../composite.ts';
import { type Basis, basisOf } from '../decide/basis.ts';
import type { FeatureRules, Request } from '../decide/state.ts';
import { createAccountCache, databaseNow, type CachedAccount } from './account-cache.ts';
import type { AdmitRequest } from '../permit.ts';

const ADMIT_WITHIN = `select limits.admit_within($1::accounts.spender, $2, $3::limits.basis, $4::limits.request[], $5, $6) as why`;

/** The reasons for which the cached account is outdated and read again. For other reasons only counters were in the way. */
const CHANGED: ReadonlySet<string> = new Set(['plan', 'time', 'spender', 'window']);

/** Answers after which the same request is not likely to be granted soon. */
const DENIALS: ReadonlySet<string> = new Set(['denied', 'refused', 'plan_required']);

export interface OptimisticAdmissionParts {
  readonly db: Database;
  readonly holder: HolderId;
  /** By `product.feature`. */
  readonly rules: ReadonlyMap<string, FeatureRules>;
  readonly point: CommitPoint;
  /** The account cache; only tests pass another one. */
  readonly known?: Pick<ReturnType<typeof createAccountCache>, 'of' | 'forget' | 'decided'>;
}

/**
 * Admission of accounts that ask repeatedly: decided here on the cached account, and written by one short call if the cache
 * still holds. It grants or misses; `limits.admit` decides the rest, and it alone denies.
 */
export function createOptimisticAdmission({
  db,
  holder,
  rules,
  point,
  known = createAccountCache(db),
}: OptimisticAdmissionParts) {
  /** The call for these items, if they are alike and the cached account grants them. */
  function callOf(items: readonly AdmissionItem[], wait: boolean) {
    const [first] = items;
    if (first === undefined || !items.every((item) => isAlike(item, first)) || hasDuplicates(items)) return;
    const { request } = first;
    const of = known.of(request);
    const feature = rules.get(`${request.product}.${request.feature}`);
    if (of === undefined || feature === undefined) return;
    const at = { now: databaseNow(of), holder, count: items.length, keyBudgets: of.keyBudgets };
    const basis = basisOf(of.facts, requestOf(first, feature), at);
    if (basis === undefined) {
      // The first use fixes the anchor of billing periods, and may have happened since.
      const counts = feature.rules.some(({ per }) => per === 'billing_period');
      if (counts && of.facts.anchor === null) known.forget(request);
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
    /** Notes the kinds of answers that the database gave. Batches of several accounts are not noted. */
    decided(items: readonly AdmissionItem[], kinds: readonly (string | undefined)[]): void {
      const [first] = items;
      const kind = kinds.at(-1);
      if (first === undefined || kind === undefined || !items.every((item) => isOfOneKey(item, first)))
        return;
      if (kind === 'granted' || DENIALS.has(kind)) known.decided(first.request, kind === 'granted');
    },
    /** `granted`: all of them; `busy`: their row is locked, nothing was tried. Else nothing was written. */
    async admit(items: readonly AdmissionItem[], wait: boolean): Promise<'granted' | 'busy' | 'missed'> {
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

function isOfOneKey({ request: one }: AdmissionItem, { request: other }: AdmissionItem): boolean {
  return one.accountId === other.accountId && one.product === other.product && one.keyId === other.keyId;
}

function isAlike(a: AdmissionItem, b: AdmissionItem): boolean {
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

/** The second request under a key is a repeat of the first. */
function hasDuplicates(items: readonly AdmissionItem[]): boolean {
  const hashes = items.flatMap(({ keyed }) => keyed?.name.keyHash ?? []);
  return new Set(hashes).size < hashes.length;
}

/** A request as `decide` takes it, without a key. */
export function requestOf(
  { request, permit, event }: Omit<AdmissionItem, 'keyed'>,
  rules: FeatureRules,
): Request {
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
  { since, until, plan, bounds, slots, slotSizes, charges }: Basis,
  { facts, keyBudgets }: CachedAccount,
  { feature, name }: { readonly feature: FeatureRules; readonly name: string },
): string {
  const failureBudget = feature.rules.find(({ kind }) => kind === 'failures')?.most;
  return composite([
    name,
    feature.longestSeconds,
    since,
    until,
    facts.version,
    facts.byDefault,
    plan,
    arrayOf(bounds.map((b) => composite([b.scope, b.name, b.start, b.amount, b.most, b.kind]))),
    arrayOf(slots),
    arrayOf(slotSizes.map(String)),
    JSON.stringify(charges),
    failureBudget,
    keyBudgets.length === 0
      ? null
      : arrayOf(keyBudgets.map(({ keyId, micros }) => composite([keyId, micros]))),
  ]);
}
