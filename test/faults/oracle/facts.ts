import type { Exchange } from '../history.ts';

/**
 * What the oracle judges: rows of tables, the provider's bill, and what callers were answered. It knows them by the names that
 * they have in SQL and on the wire, and shares no code with the program. Rows are JSON: their times are text, by the database's
 * clock.
 */
export interface Facts {
  readonly trace: readonly Change[];
  readonly holders: readonly HolderRow[];
  readonly snapshots: readonly SnapshotRow[];
  readonly permits: readonly PermitRow[];
  readonly events: readonly EventRow[];
  readonly credits: readonly CreditsRow[];
  readonly generations: readonly GenerationRow[];
  readonly jobs: readonly JobRow[];
  readonly bill: readonly BilledCall[];
  readonly history: readonly Exchange[];
  /** What each account was told at the end: GET /v1/usage. */
  readonly usage: ReadonlyMap<string, UsageAnswer>;
  /** The status that callers were told at the end of each generation that was promised to them, by its id. */
  readonly told: ReadonlyMap<string, string>;
  /** When parts could not do their work, by the checker's own doing. */
  readonly outages: readonly OutageSpan[];
}

/** Wall time, milliseconds since 1970; what is not over lasts for ever. */
export interface OutageSpan {
  /** `process`: it did not run, and its memory is lost. */
  readonly of: 'process' | 'pause' | 'database' | 'provider';
  /** Which of the API processes it concerned; nothing: all of them. */
  readonly node: number | undefined;
  readonly from: number;
  readonly until: number;
}

/** A row as some transaction wrote it; milliseconds since 1970, `at` by the database's clock, `wall` by the machine's, which is never moved on. */
export type Change = {
  readonly seq: number;
  readonly tx: number;
  readonly at: number;
  readonly wall: number;
} & (
  | { readonly about: 'permits'; readonly row: PermitRow }
  | { readonly about: 'usage_events'; readonly row: EventRow }
  | { readonly about: 'meters'; readonly row: MeterRow }
  | { readonly about: 'credits'; readonly row: CreditsRow }
);

export interface PermitRow {
  readonly account_id: string;
  readonly id: string;
  readonly product: string;
  readonly feature: string;
  readonly units: number;
  readonly reserve: number;
  readonly state: 'queued' | 'running' | 'settled' | 'voided';
  readonly holder: string;
  readonly subject: string | null;
  readonly job_id: string | null;
  readonly request_id: string;
  readonly due_at: string;
  readonly created_at: string;
}

export interface EventRow {
  readonly account_id: string;
  readonly id: string;
  readonly permit_id: string;
  readonly product: string;
  readonly provider: string;
  readonly model: string;
  readonly provider_request_id: string | null;
  readonly prompt_tokens: number;
  readonly cached_tokens: number;
  readonly completion_tokens: number;
  readonly reasoning_tokens: number;
  readonly reserve: number;
  /** What the operator may owe for it. */
  readonly cost: number;
  /** What counts against the customer; where there is no such column, that is the cost. */
  readonly charged?: number;
  readonly state: 'pending' | 'sent' | 'posted' | 'voided';
  readonly estimated: boolean;
  readonly corrects: string | null;
  /** The caller's own id of usage that was metered elsewhere. */
  readonly reported_id: string | null;
  readonly request_id: string;
}

/** The windows of a scope by the limit's name: where each begins, in microseconds since 1970, and what is used. */
export interface MeterRow {
  readonly account_id: string;
  readonly scope: string;
  readonly names: readonly string[];
  readonly starts: readonly number[];
  readonly used: readonly number[];
}

export interface CreditsRow {
  readonly account_id: string;
  readonly id: string;
  readonly product: string;
  readonly name: string;
  readonly amount: number;
  readonly remaining: number;
}

/** One row per process start; what it ends with is when its lease ran out, or will. */
export interface HolderRow {
  readonly id: string;
  readonly expires_at: string;
}

/** What an account's plan grants: the newest timeline of an account and product; without an account, of all that have none. */
export interface SnapshotRow {
  readonly account_id: string | null;
  readonly product: string;
  readonly timeline: readonly { readonly from: string; readonly grants: Readonly<Record<string, unknown>> }[];
}

export interface GenerationRow {
  readonly account_id: string;
  readonly id: string;
  readonly permit_id: string;
  readonly status: string;
  readonly variants: number;
  readonly written: number;
  readonly request_id: string;
}

export interface JobRow {
  readonly account_id: string;
  readonly id: string;
  readonly kind: string;
  readonly state: string;
}

export interface BilledCall {
  readonly request_id: string;
  readonly model: string;
  readonly prompt_tokens: number;
  readonly cached_tokens: number;
  readonly completion_tokens: number;
  readonly reasoning_tokens: number;
  readonly client_request_id: string | null;
  /** What it met, and how much of a stream was sent before. */
  readonly fault?: { readonly kind: string; readonly after?: number };
}

export interface UsageAnswer {
  readonly limits: readonly { readonly product: string; readonly limit: string; readonly used: number }[];
  /** The newest calls. */
  readonly events: readonly { readonly id: string; readonly status: string; readonly cost_micros: number }[];
}

/** Something that must never be, with the rows that show it. */
export interface Violation {
  readonly rule: string;
  readonly says: string;
  readonly rows: readonly unknown[];
}
