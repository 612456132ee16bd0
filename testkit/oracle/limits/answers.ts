import type { Charge } from './changes.ts';
import { type Instant, instantText } from './state.ts';

/** The answer to a caller, in the names and form of `limits.admit`. */
export type Answer =
  | {
      readonly kind: 'granted';
      readonly reserve: number;
      readonly charges: readonly Charge[];
      readonly slots: readonly string[];
    }
  | {
      readonly kind: 'permit';
      readonly adopted: true;
      readonly id: string;
      readonly fence: number;
      readonly reserve: number;
      readonly event: string | null;
    }
  | { readonly kind: 'running' | 'mismatch' | 'outcome_unknown' }
  | ({ readonly kind: 'replay' } & Readonly<Record<string, unknown>>)
  | { readonly kind: 'refused'; readonly reason: string; readonly budget?: string }
  | {
      readonly kind: 'plan_required';
      readonly grant: string | null;
      readonly needed?: number | true;
      /** The size of the grant in the plan; what is no limit has none. */
      readonly max?: number;
      readonly plan: string | null;
      readonly per?: string | null;
    }
  | DeniedAnswer;

export interface DeniedAnswer {
  readonly kind: 'denied';
  readonly limit: string;
  readonly of: string;
  readonly used: number;
  readonly max: number;
  readonly size?: number;
  readonly needed?: number;
  /** Units of the call, where they are several. */
  readonly units?: number;
  readonly resets_at: string | null;
  readonly now: string;
  readonly plan: string | null;
  /** The limit's window; null: it has none. What no limit of the feature denies has none to name. */
  readonly per?: string | null;
}

interface ClosedLimit {
  readonly limit: string;
  readonly of: string;
  readonly used: number;
  readonly max: number;
  readonly size?: number;
  readonly needed?: number;
  readonly units?: number;
  readonly resetsAt: Instant | null;
}

/** A limit that has no room now. */
export function deny(
  { resetsAt, ...closed }: ClosedLimit,
  { now, segment: { plan } }: { readonly now: Instant; readonly segment: { readonly plan: string | null } },
): DeniedAnswer {
  const resets_at = resetsAt === null ? null : instantText(resetsAt);
  return { kind: 'denied', ...closed, resets_at, now: instantText(now), plan };
}

/** More than the plan ever has room for: waiting would not help. */
export function requirePlan(
  grant: string,
  needed: number,
  { max, plan }: { readonly max: number | null; readonly plan: string | null },
): Answer {
  return { kind: 'plan_required', grant, needed: Math.max(needed, 1), max: max ?? 0, plan };
}

/** Several units are told. */
export const severalOf = (units: number) => (units > 1 ? { units } : {});
