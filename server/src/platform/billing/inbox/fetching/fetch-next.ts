import { commitPoint } from '#platform/db';
import { AppError } from '#platform/kernel';
import type { Holder } from '#platform/limits';
import type { Logger } from '#platform/telemetry';
import type { ObjectRef } from '../../facts.ts';
import type { Body, PaymentProvider } from '../../payment-provider.ts';
import { applyObject, type ApplyParts } from '../objects/apply-object.ts';
import { mayBeGone } from '../objects/read-object.ts';
import { settleEvents } from '../store/events.ts';
import { insertUnreadableBody, lockOwnerOf } from '../store/objects.ts';
import type { ReadRate } from './read-rate.ts';
import { PROVIDER_FAILURES, type ClaimedTask, claimTask, postponeTask } from '../store/fetch-tasks.ts';

const CLAIMED = commitPoint('billing.claimed', 'which fetch begins, and its number');
const POSTPONED = commitPoint(
  'billing.put-off',
  'that a fetch came to nothing, and when the next one is due',
);

/** How long a fetch has its object for itself, while its process lives. Seconds. */
const LEASE = 90;
/** No read goes out later than this after the claim, so that none is under way when the lease ends. Milliseconds. */
const LAST_READ = 60_000;
/** Seconds until the next fetch after the first that failed, twice as many after each, and the most. */
const FIRST_PAUSE = 15;
const LONGEST_PAUSE = 3_600;
/** Fetches in a row after which an object is given up (some four hours); not while the provider is away. */
const TRIES = 12;
/**
 * The same of what the provider refuses or does not find: some two weeks, for such an answer passes (Apple documents 4040002, 4040004 and
 * 4040006 so, and its gateway answers 404 without a body), or is of a setting that an operator has to mend.
 */
const TRIES_WHILE_REFUSED = 66;
const LONGEST_PAUSE_WHILE_REFUSED = 6 * 3_600;
/** As many as an outage counts for, at most: after it, nothing is put off for longer than 8 minutes, and nothing is near its last try. */
const TRIES_WHILE_AWAY = 5;

export interface FetchParts extends ApplyParts {
  readonly clock: { monotonic(): number };
  /** This process. */
  readonly holder: Pick<Holder, 'id'>;
  readonly log: Pick<Logger, 'warn' | 'error'>;
}

/** Whose objects are fetched, and how. */
export interface FetchSource {
  readonly provider: PaymentProvider;
  readonly readRate: ReadRate;
  readonly signal: AbortSignal;
}

/**
 * Takes what is due the longest, fetches and applies it; answers false when nothing is due. What fails is put off. Throws only
 * for the database, and when the signal ends: then the lease runs out.
 */
export async function fetchNext(parts: FetchParts, source: FetchSource): Promise<boolean> {
  const { provider } = source;
  const providerMode = { provider: provider.name, mode: provider.mode };
  const lease = { holder: parts.holder.id, seconds: LEASE };
  const [[claim]] = await parts.db.system('billing.inbox', CLAIMED, [claimTask(providerMode, lease)]);
  if (claim === undefined) return false;
  const { number } = claim;
  const ref = { kind: claim.kind, id: claim.id };
  const until = parts.clock.monotonic() + LAST_READ;
  let body: Body | null | undefined;
  try {
    body = await provider.fetch(ref, source.readRate.contextFor({ signal: source.signal, until }));
    if (body === null && !(await mayBeGone(parts, provider, ref)))
      throw new AppError('store_refused', { details: { code: 'not_found' } });
    await applyObject(parts, provider, { ref, number, body });
  } catch (error) {
    source.signal.throwIfAborted();
    await postpone(parts, provider, { ref, claim, body, error });
  }
  return true;
}

interface FailedFetch {
  readonly ref: ObjectRef;
  readonly claim: ClaimedTask;
  /** undefined: there was no answer. */
  readonly body: Body | null | undefined;
  readonly error: unknown;
}

async function postpone(
  parts: FetchParts,
  provider: PaymentProvider,
  { ref, claim, body, error }: FailedFetch,
): Promise<void> {
  const providerMode = { provider: provider.name, mode: provider.mode };
  const { number } = claim;
  const code = codeOf(error);
  const isRefused = code === 'store_refused';
  const tries = isRefused ? TRIES_WHILE_REFUSED : TRIES;
  const isAway = PROVIDER_FAILURES.some((one) => one === code);
  const attempts = Math.min(claim.attempts + 1, isAway ? Math.max(claim.attempts, TRIES_WHILE_AWAY) : tries);
  const dead = !isAway && attempts >= tries;
  const longest = isRefused ? LONGEST_PAUSE_WHILE_REFUSED : LONGEST_PAUSE;
  const pause = Math.min(longest, FIRST_PAUSE * 2 ** (attempts - 1));
  const accountId = await parts.db.system('billing.inbox', POSTPONED, async (tx) => {
    const [owner] = await tx.run(lockOwnerOf(providerMode, ref));
    await tx.runAll([
      // An answer that can't be read here may be read by a later version. Any other was read, and is answered again.
      ...(body !== undefined && body !== null && code === 'store_unreadable'
        ? [insertUnreadableBody(providerMode, ref, { number, body })]
        : []),
      postponeTask(providerMode, ref, { number, error: code, pause, attempts, dead }),
      ...(dead ? [settleEvents(providerMode, ref, { number, state: 'dead' })] : []),
    ]);
    // Its plan lasts as long as it is asked for.
    if (owner !== undefined)
      await parts.projection.deriveIn(tx, { ...providerMode, accountId: owner.account_id });
    return owner?.account_id;
  });
  if (accountId !== undefined) parts.projection.announce(accountId);
  const facts = { err: error, ...providerMode, ...ref, attempts };
  if (dead) parts.log.error(facts, 'an object of a payment provider was given up');
  else if (isRefused)
    parts.log.error(facts, 'a payment provider does not find an object, or refuses to tell of it');
  else parts.log.warn(facts, 'an object of a payment provider could not be applied');
}

function codeOf(error: unknown): string {
  if (!(error instanceof AppError)) return 'internal';
  return error.details?.['code'] === 'key_refused' ? 'key_refused' : error.code;
}
