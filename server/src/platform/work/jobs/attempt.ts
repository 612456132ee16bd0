import { statement } from '#platform/db';
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
import type { Limits, Permit, PlannedCall } from '#platform/limits';
import type { Lane, RunningJob } from './job.ts';

/** A job and its permit, as the database gives them to the process that takes them up. */
export interface Taken {
  readonly job: {
    readonly id: JobId;
    readonly account: AccountId;
    readonly kind: string;
    readonly lane: Lane;
    readonly payload: Record<string, string>;
    readonly permit: PermitId | null;
    readonly attempt: number;
    readonly attempts: number;
    /** How often in a row a provider had no room for it. */
    readonly postponed: number;
    readonly fence: number;
    readonly request_id: string;
    readonly waited: number;
    /** The span of the call that enqueued it, where that was recorded. */
    readonly traceparent: string | null;
  };
  readonly permit: {
    readonly id: PermitId;
    readonly user: UserId;
    readonly key: KeyId | null;
    readonly product: string;
    readonly feature: string;
    readonly units: number;
    readonly reserve: Micros;
    readonly tokens: number | null;
    readonly fence: number;
    readonly subject: string | null;
    readonly request_id: string;
    readonly calls: number;
    readonly event: UsageEventId | null;
    readonly planned: PlannedCall | null;
    /** Why the account may no longer spend, if so: suspended or revoked while the job waited. */
    readonly refused: string | null;
  } | null;
}

/** One attempt at a job: what its handler sees, and whether a statement that ends it was handed out. */
export interface Attempt {
  readonly job: RunningJob;
  readonly taken: Taken;
  /** Values by which a statement is heard only while this attempt has the job: id, holder and fence. */
  readonly held: readonly [JobId, HolderId, number];
  ended: boolean;
}

/** Parts of the worker that an attempt needs. */
export interface AttemptParts {
  readonly limits: Pick<Limits, 'permitOf'>;
  readonly holder: { readonly id: HolderId };
}

/** Makes of a taken job what its handler sees. */
export function attemptOf(parts: AttemptParts, taken: Taken, signal: AbortSignal): Attempt {
  const { job } = taken;
  const held = [job.id, parts.holder.id, job.fence] as const;
  const attempt: Attempt = {
    taken,
    ended: false,
    job: {
      id: job.id,
      accountId: job.account,
      kind: job.kind,
      lane: job.lane,
      payload: job.payload,
      attempt: job.attempt,
      permit: permitOf(parts, taken),
      requestId: job.request_id,
      signal,
      progressing: (done, total) =>
        statement('select jobs.progress($1, $2, $3, $4, $5)', [...held, done, total]),
      finishing(outcome) {
        attempt.ended = true;
        const state = outcome === undefined ? 'done' : 'dead';
        return statement('select jobs.finish($1, $2, $3, $4, $5)', [...held, state, outcome?.failed ?? null]);
      },
    },
    held,
  };
  return attempt;
}

function permitOf(parts: AttemptParts, { permit, job }: Taken): Permit | undefined {
  if (permit === null) return undefined;
  return parts.limits.permitOf({
    id: permit.id,
    accountId: job.account,
    userId: permit.user,
    keyId: permit.key ?? undefined,
    product: permit.product,
    feature: permit.feature,
    units: permit.units,
    reserve: permit.reserve,
    tokens: permit.tokens ?? undefined,
    fence: permit.fence,
    subject: permit.subject ?? undefined,
    requestId: permit.request_id,
    calls: permit.calls,
    openEvent: permit.event ?? undefined,
    planned: permit.planned ?? undefined,
    idempotency: undefined,
  });
}
