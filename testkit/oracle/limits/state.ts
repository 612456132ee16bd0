import type { Rule } from '../../../server/src/platform/limits/features.ts';

/** All instants here are epoch microseconds of the database's clock: JavaScript holds those of the next 250 years exactly. */
export type Instant = number;

export const SECOND = 1_000_000;
export const DAY = 86_400 * SECOND;

/** One window of a meter. Of a cooldown, `start` is its end; in an account's time zone, the window's end. */
export interface Window {
  readonly name: string;
  readonly start: Instant;
  readonly used: number;
}

export interface Meter {
  /** The last instant at which something was decided by it. */
  readonly seen: Instant;
  readonly windows: readonly Window[];
}

/** An account's grants from one instant on, as its entitlement timeline says. */
export interface Segment {
  readonly from: Instant;
  readonly until: Instant | null;
  readonly plan: string | null;
  readonly source: string | null;
  readonly grants: Readonly<Record<string, number | boolean>>;
}

/** A permit that is queued or running. */
export interface OpenPermit {
  readonly id: string;
  readonly state: 'queued' | 'running';
  readonly holder: string;
  readonly jobId: string | null;
  /** The slots that it takes: a meter's scope and the limit's name. */
  readonly slots: readonly string[];
  readonly dueAt: Instant;
}

export interface Credit {
  readonly id: string;
  readonly name: string;
  readonly source: 'plan' | 'rollover' | 'top_up' | 'admin';
  readonly amount: number;
  /** Units whose money went back. */
  readonly taken: number;
  /** Below zero: owed. */
  readonly remaining: number;
  readonly expiresAt: Instant | null;
  readonly period: Instant | null;
  readonly updatedAt: Instant;
}

/** A user, through a key or in a session. */
export interface Spender {
  readonly refused: string | null;
  readonly keyExpiresAt: Instant | null;
  readonly sessionExpiresAt: Instant | null;
  /** Bounds of the key and of those that it comes from, in the order of their ids and names. */
  readonly keyBounds: readonly { readonly keyId: string; readonly name: string; readonly most: number }[];
}

/** An Idempotency-Key that is known, with its permit as far as a repeat is answered by it. */
export interface KnownKey {
  readonly bodyHash: string;
  readonly state: 'running' | 'done';
  readonly expiresAt: Instant;
  /** The kept answer: status, headers, answer, sealed. */
  readonly kept: Readonly<Record<string, unknown>>;
  readonly permit: {
    readonly id: string;
    readonly state: 'queued' | 'running' | 'settled' | 'voided';
    readonly holder: string;
    readonly jobId: string | null;
    readonly fence: number;
    readonly reserve: number;
    /** The planned call that did not go out yet. */
    readonly pendingEvent: string | null;
  } | null;
}

/** All that admission reads of one account and product. An entry that a map lacks is not there. */
export interface State {
  readonly accountId: string;
  readonly product: string;
  readonly zone: string;
  readonly madeAt: Instant;
  /** From when billing periods are counted, once that is fixed. */
  readonly anchor: Instant | null;
  readonly timeline: readonly Segment[];
  /** By scope: the product, `product/member:…`, `key:…`. */
  readonly meters: ReadonlyMap<string, Meter>;
  /** Cost of failed calls of the account's other products to the operator, by day. */
  readonly failuresElsewhere: readonly { readonly start: Instant; readonly used: number }[];
  /** Calls of the account that run now, over all products, and may cost the operator their reserve if they fail. */
  readonly staked: readonly { readonly reserve: number; readonly dueAt: Instant }[];
  readonly open: readonly OpenPermit[];
  readonly credits: readonly Credit[];
  /** By `spenderOf`. */
  readonly spenders: ReadonlyMap<string, Spender>;
  /** By `keyOf`. */
  readonly keys: ReadonlyMap<string, KnownKey>;
}

/** A budget of the operator, and whether it is closed: by hand, or by what was spent today. */
export interface OperatorBudget {
  readonly id: string;
  readonly product: string | null;
  readonly feature: string | null;
  readonly provider: string | null;
  readonly plan: string | null;
  readonly closed: boolean;
}

/** Bounds of a decision beside the account's own state. */
export interface Bounds {
  /** The database's clock; an instant at which the decision must still hold when it is written. */
  readonly now: Instant;
  /** This process's holder. */
  readonly holder: string;
  /** Until when each holder lives that is not dead yet. */
  readonly leases: ReadonlyMap<string, Instant>;
  readonly operatorBudgets: readonly OperatorBudget[];
}

export interface FeatureRules {
  readonly requires: readonly string[];
  readonly longestSeconds: number;
  readonly rules: readonly Rule[];
}

export interface Request {
  readonly permitId: string;
  readonly eventId: string;
  readonly userId: string;
  readonly keyId?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly feature: string;
  readonly rules: FeatureRules;
  readonly units: number;
  readonly reserve: number;
  /** The smallest reserve that makes sense. */
  readonly least: number;
  readonly state: 'queued' | 'running';
  readonly subject?: string | undefined;
  /** An end user of the key’s holder. */
  readonly endUser?: string | undefined;
  readonly provider: string;
  readonly requestId: string;
  readonly needs?: Readonly<Record<string, number>> | undefined;
  readonly key?: { readonly route: string; readonly keyHash: string; readonly bodyHash: string } | undefined;
}

export function spenderOf({
  userId,
  keyId,
  sessionId,
}: Pick<Request, 'userId' | 'keyId' | 'sessionId'>): string {
  return `${userId} ${keyId ?? ''} ${sessionId ?? ''}`;
}

export function keyOf({ route, keyHash }: { readonly route: string; readonly keyHash: string }): string {
  return `${route} ${keyHash}`;
}

/** The segment that an instant lies in. */
export function segmentAt(timeline: readonly Segment[], at: Instant): Segment {
  const found = timeline.findLast(({ from }) => from <= at) ?? timeline[0];
  if (found === undefined) throw new Error('a timeline without a segment');
  return found;
}

/** The plan's size of a limit; null: nothing. */
export function sizeOf({ grants }: Segment, name: string): number | null {
  const size = grants[name];
  return typeof size === 'number' ? size : null;
}

/** As PostgreSQL writes it in JSON, to the microsecond. */
export function instantText(at: Instant): string {
  const whole = new Date(Math.floor(at / 1_000)).toISOString();
  return whole.replace('Z', `${String(at % 1_000).padStart(3, '0')}Z`);
}
