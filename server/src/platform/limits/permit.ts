import type { Statement, Transaction } from '#platform/db';
import type { Backend } from '#platform/entitlements';
import type { KeySender } from '#platform/idempotency';
import type {
  AccountId,
  HolderId,
  JobId,
  KeyId,
  Micros,
  PermitId,
  UsageEventId,
  UserId,
} from '#platform/kernel';
import type { Denial } from './denial.ts';

/** Use of one provider call, as the provider says, and its cost by the price catalogue. */
export interface Usage {
  readonly provider: string;
  readonly model: string;
  /** The provider's own id of the request; it joins our ledger with their bill. */
  readonly providerRequestId: string | undefined;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  /** Most that the provider may bill the operator. */
  readonly cost: Micros;
  /** The part of it that counts against the account's budgets: all, but for what a provider broke. */
  readonly charged: Micros;
  readonly priceVersion: string;
  /** True when the figures are ours because the provider gave none. Exact ones may follow, as a correction. */
  readonly estimated: boolean;
}

/** A provider call about to go out: what its usage event says before the answer is known. */
export interface PlannedCall {
  readonly provider: string;
  readonly model: string;
  readonly priceVersion: string;
  /** The most that this call may cost; posted as an estimate when its outcome stays unknown. */
  readonly reserve: Micros;
  /** The most tokens that it may take, input and output. */
  readonly tokens?: number;
}

/** A permit as it is granted or taken up. */
export interface PermitFacts {
  readonly id: PermitId;
  readonly accountId: AccountId;
  readonly userId: UserId;
  readonly keyId: KeyId | undefined;
  readonly product: string;
  readonly feature: string;
  readonly units: number;
  readonly reserve: Micros;
  /** Tokens that it holds; undefined: no limit counts them. */
  readonly tokens?: number | undefined;
  readonly fence: number;
  readonly subject: string | undefined;
  readonly requestId: string;
  /** Provider calls that were tried, those of earlier attempts included: not one that is only planned, nor one that found no room. */
  readonly calls: number;
  /** The usage event that is pending or sent already, if one is. */
  readonly openEvent: UsageEventId | undefined;
  /** The call that this event plans: as planned, it goes out without another trip to the database. */
  readonly planned: PlannedCall | undefined;
  readonly idempotency: IdempotencyRequest | undefined;
}

/** Milliseconds of a request's steps up to its admission. */
export type WalkTimes = readonly [authenticate: number, entitle: number, admit: number];

/**
 * An admission: one unit of work, and the ledger of the provider calls made for it.
 * Each call is: `send` (its row is durable before a byte leaves), then exactly one of `served`, `notServed`, `unknown`.
 * Outcomes are kept in memory and written by the next commit: the next `send`, or the settlement.
 */
export interface Permit extends Omit<PermitFacts, 'openEvent' | 'planned' | 'idempotency'> {
  readonly holder: HolderId;

  /** Its holder has ended it here: `send` throws `permit_stale`, and no call goes out under it any more. */
  readonly isOver: boolean;
  /** Its end was asked for, a statement of it was made, or it was handed to a job or a backend: the caller need not end it. */
  readonly isHandled: boolean;
  /** A provider call is under way. */
  readonly isCalling: boolean;
  /**
   * Whether its caller may have the answer while `settle` is under way, without a wait for the commit (docs/decisions/0064): a request that is
   * denied meanwhile is asked again when it is over. Not under an Idempotency-Key, whose repeat must find the call done, and not
   * where too many are under way.
   */
  readonly mayAnswerFirst: boolean;

  /** Says how long the request's steps before this permit took, for the rows of its calls. */
  walked(times: WalkTimes): void;
  /**
   * Makes the row of the next provider call durable as `sent`, and closes the call before it. The first call after
   * admission (inline) or take-up (job) is `sent` already, so that this costs a commit only for retries, fallbacks
   * and later calls, or when the planned provider or model is another than admission was told.
   * Throws `permit_stale` when it is over or has another holder now, `limit_exceeded` when the budget has no room for a reserve beyond the permit's.
   */
  send(call: PlannedCall): Promise<UsageEventId>;
  /** The provider served the call under way, and this is what it used. */
  served(usage: Usage): void;
  /** The provider certainly did not serve it: refused connection, 5xx. `throttled`: it had no room (429), which is no try. */
  notServed(how?: { readonly throttled: boolean }): void;
  /** The provider may have served it: a time-out, a lost connection after sending. Posted at this estimate, or at its reserve. */
  unknown(estimate?: Usage): void;
  /** The real usage of a call that was posted as an estimate, as a correction. Retried until the database has it. */
  amend(event: UsageEventId, usage: Usage): Promise<void>;

  /**
   * Captures: posts the calls made, charges the real cost, frees the rest of the reserve and the concurrency. When the database
   * can't be reached it throws, as `release` and `reportLate` do, and is retried in the background.
   */
  settle(): Promise<void>;
  /** The same as the last statement of the transaction that stores the result. */
  settleIn(tx: Transaction): Promise<void>;
  /** The work failed: quota and credits go back, burst and cooldown don't; what a provider served stays posted. */
  release(reason: string, how?: Releasing): Promise<void>;
  /**
   * The same when it is uncertain whether it was handed to a job or a backend: if it was, the permit is theirs, and this throws
   * `permit_stale` and changes nothing. Handing it on later fails. Only before its first call.
   */
  abandon(reason: string): Promise<void>;

  /**
   * Ends what its handler left open, when the call under way has its outcome: settles by the sum of its calls when one was served,
   * else releases, and `failure` says why.
   */
  finish(failure?: string): Promise<void>;

  /** The same steps as statements, for a pipelined batch; a stale permit undoes the whole batch (SQL state PL010). */
  settlement(): Statement;
  releasing(reason: string): Statement;
  /** The settlement, and the answer under the request's Idempotency-Key behind it; the settlement alone when there was no key. */
  settlementWith(answer: StoredAnswer): Statement[];
  /** The release, and the answer behind it. */
  releasingWith(reason: string, answer: StoredAnswer): Statement[];
  /**
   * Stores the answer under the request's Idempotency-Key, in the transaction of the effect. Nothing when there was no key. The permit's end
   * stands before it: an admission that repeats the key waits for this row with the account's meter, for which an end waits.
   */
  answering(answer: StoredAnswer): Statement | undefined;
  /** A job will try again: what was called is posted, and the permit waits with the job. */
  requeueing(reason: string): Statement;
  /** Hands a queued permit to a job, in the transaction that enqueues it. */
  attaching(jobId: JobId): Statement;
  /** Delegates a queued permit to a backend outside of this program, for so many seconds; answers when it expires. */
  delegating(to: Backend, seconds: number): Statement<{ readonly expires_at: Date }>;
  /** After another process took over: replaces estimates of calls by their exact figures. */
  reportLate(): Promise<void>;
}

/** `quota: 'kept'`: the caller caused the failure, and what the call took from a quota or credits stays used. */
export interface Releasing {
  readonly quota: 'kept';
}

/** An answer as it is kept for a repeat of the same key. It holds references, or is sealed. */
export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The Idempotency-Key that a call came with. */
export interface IdempotencyRequest {
  readonly route: string;
  /** The sender, which may not be who is charged: the same key of another member is another key. */
  readonly by: KeySender;
  readonly key: string;
  readonly bodyHash: string;
  /** The stored answer is sealed under the Idempotency-Key and the master key. */
  readonly sealed: boolean;
}

export type CallTags = Readonly<Record<string, string>>;

/** A request for admission. */
export interface AdmitRequest {
  readonly accountId: AccountId;
  readonly userId: UserId;
  readonly keyId?: KeyId | undefined;
  /** Where it is asked in a session, which must still stand. */
  readonly sessionId?: string | undefined;
  readonly product: string;
  readonly feature: string;
  /** Units of quota and burst; 1 when not said. */
  readonly units?: number;
  /** The first provider call: its model, and the reserve that budgets must have room for. */
  readonly call: PlannedCall;
  /** The smallest reserve that still makes sense: with less left than `call.reserve`, the permit carries what is left. */
  readonly leastReserve?: number | undefined;
  /** The same of tokens. */
  readonly leastTokens?: number | undefined;
  /** The same call, measured closely at some cost: asked for only where a budget has no room. Undefined: it asks for no less. */
  readonly closer?:
    | (() => Promise<Pick<AdmitRequest, 'call' | 'leastReserve' | 'leastTokens'> | undefined>)
    | undefined;
  readonly subject?: string | undefined;
  /** Names and values for the caller's own reports: a few, and short. */
  readonly tags?: CallTags | undefined;
  /** Whether a job will own the permit, or the caller runs it itself. */
  readonly as: 'job' | 'inline';
  /** Grants needed at least, else `plan_required`. */
  readonly needs?: Readonly<Record<string, number>> | undefined;
  readonly idempotency?: IdempotencyRequest | undefined;
  readonly requestId: string;
}

/** The answer of admission. Only `permit` charged something. */
export type Admission =
  | { readonly kind: 'permit'; readonly permit: Permit; readonly adopted: boolean }
  | { readonly kind: 'replay'; readonly answer: StoredAnswer }
  | { readonly kind: 'running' }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'outcome_unknown' }
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'plan_required';
      readonly grant: string | null;
      readonly needed: number | boolean | null;
      /** The size of the grant in the plan, and its window. */
      readonly max?: number | undefined;
      readonly per?: string | undefined;
      readonly plan: string | null;
    }
  | { readonly kind: 'denied'; readonly denial: Denial };

/** Why nothing was charged. */
export type NotGranted = Extract<Admission, { readonly kind: 'refused' | 'plan_required' | 'denied' }>;
