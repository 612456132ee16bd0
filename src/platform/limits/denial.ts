/** Why not: the limit, what is used of it, its size, and when to come back. */
export interface Denial {
  readonly limit: string;
  readonly of:
    | 'quota'
    | 'burst'
    | 'cooldown'
    | 'concurrency'
    | 'budget'
    | 'credits'
    | 'gauge'
    | 'seats'
    | 'failures';
  readonly used: number;
  readonly max: number;
  /** What the plan itself gives, where that is another number: of credits, `max` is all that the account was given. */
  readonly size?: number;
  /** Of a budget: the least that the call needs, in micro-dollars. More than `max`: no reset helps. */
  readonly needed?: number;
  readonly resetsAt: string | null;
  /** Seconds from the decision to the reset, by the database's clock. */
  readonly retryAfter: number | undefined;
  readonly plan: string;
}

/** Reads a denial as the SQL functions write it. */
export function denial(decision: Record<string, unknown>): Denial {
  const { limit, of, used, max, size, needed, resets_at, now, plan } = decision as {
    limit: string;
    of: Denial['of'];
    used: number;
    max: number;
    size?: number;
    needed?: number;
    resets_at: string | null;
    now: string;
    plan: string;
  };
  const wait =
    resets_at === null
      ? undefined
      : Math.max(1, Math.ceil((Date.parse(resets_at) - Date.parse(now)) / 1_000));
  // A place at once is free again as soon as one call ends; `resets_at` is only the latest instant for that.
  const retryAfter = of === 'concurrency' ? 1 : wait;
  const resetsAt = resets_at === null ? null : new Date(resets_at).toISOString();
  const more = { ...(size === undefined ? {} : { size }), ...(needed === undefined ? {} : { needed }) };
  return { limit, of, used, max, ...more, resetsAt, retryAfter, plan };
}
