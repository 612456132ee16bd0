import { actorOf, type Audit } from '#platform/audit';
import { commitPoint, statement } from '#platform/db';
import type { Caller, Origin } from '#platform/http';
import {
  type AccountId,
  AppError,
  type JobId,
  type KeyId,
  type PermitId,
  type UserId,
} from '#platform/kernel';
import { limitExceeded, type Limits, type Permit, type PlannedCall, planRequired } from '#platform/limits';
import type { JobHandler } from './job.ts';
import type { AdminJobRow } from './listing.ts';
import type { WorkerParts } from './parts.ts';
import './errors.ts';

const REPLAY = commitPoint(
  'jobs.replay',
  'a dead job ready anew, with its new permit, and its subject put back',
);

/** The caller, and where the call came from. */
export interface ReplayCaller {
  readonly caller: Caller;
  readonly origin: Origin;
}

export interface ReplayParts extends Pick<WorkerParts, 'db' | 'handlers'> {
  readonly limits: Pick<Limits, 'admit'>;
  readonly audit: Audit;
}

/** All in one commit: what the job is about, the job, its new permit. That order is the one in which workers lock them. */
export async function replay(parts: ReplayParts, job: AdminJobRow, by: ReplayCaller): Promise<void> {
  const { db, handlers, audit } = parts;
  const handler = handlers.get(job.kind);
  const permit =
    job.permit_id === null
      ? undefined
      : await admitAgain(parts, { job, permitId: job.permit_id, handler, by });
  const subject = { accountId: job.account_id, payload: job.payload };
  try {
    await db.tenant(job.account_id, REPLAY, async (tx) => {
      await tx.runAll(handler?.reviving?.(subject) ?? []);
      const [row] = await tx.run(
        statement<{ revived: boolean }>('select jobs.replay($1, $2, $3::text[]) as revived', [
          job.id,
          permit?.id ?? null,
          [...handlers.keys()],
        ]),
      );
      if (row?.revived !== true) throw new AppError('job_not_dead');
      if (permit !== undefined) await tx.run(permit.attaching(job.id as JobId));
      await audit.recordIn(tx, eventOf('job.replayed', job, by));
    });
  } catch (error) {
    // Before the commit for certain: another call was faster. Any other failure may have come after it: then the job has its permit,
    // and the database says so.
    if (error instanceof AppError) await permit?.release('job not replayed');
    else await permit?.abandon('job not replayed').catch(() => {});
    throw error;
  }
}

/** The permit that was admitted when the job was first enqueued. */
interface FormerPermit {
  readonly user: UserId;
  readonly key: KeyId | null;
  readonly product: string;
  readonly feature: string;
  readonly units: number;
  readonly subject: string | null;
  readonly call: PlannedCall;
}

interface ReplayRequest {
  readonly job: AdminJobRow;
  readonly permitId: PermitId;
  readonly handler: JobHandler | undefined;
  readonly by: ReplayCaller;
}

/** A new permit like the old one, which was closed when the job died. One for all who ask at once: the key of it is the old one. */
async function admitAgain(
  parts: ReplayParts,
  { job, permitId, handler, by }: ReplayRequest,
): Promise<Permit> {
  if (handler?.reviving === undefined) throw new AppError('job_not_replayable');
  const { user, key, subject, ...former } = await formerPermit(parts, job.account_id, permitId);
  const admission = await parts.limits.admit({
    ...former,
    accountId: job.account_id,
    userId: user,
    keyId: key ?? undefined,
    subject: subject ?? undefined,
    as: 'job',
    // In the name of whom the job works for: of all admins who ask, one replays it.
    idempotency: { route: 'jobs.replay', by: { userId: user }, key: permitId, bodyHash: '', sealed: false },
    requestId: by.origin.requestId,
  });
  const { product } = former;
  switch (admission.kind) {
    case 'permit':
      return admission.permit;
    case 'denied':
      throw limitExceeded(admission.denial, null);
    case 'plan_required':
      throw planRequired({ ...admission, product }, null);
    case 'refused':
      throw new AppError('job_not_replayable', {
        message: 'Its account, user or key may no longer spend.',
        details: { reason: admission.reason },
      });
    case 'running':
    case 'replay':
    case 'mismatch':
    case 'outcome_unknown':
      throw new AppError('job_not_dead', { message: 'Somebody else is replaying this job.' });
  }
}

async function formerPermit(
  { db }: ReplayParts,
  accountId: AccountId,
  permitId: PermitId,
): Promise<FormerPermit> {
  const [rows] = await db.system('admin.jobs', [
    statement<FormerPermit>(
      `select p.user_id as "user", p.key_id as key, p.product, p.feature, p.units, p.subject, (
         select jsonb_build_object('provider', e.provider, 'model', e.model, 'priceVersion', e.price_version, 'reserve', e.reserve)
         from limits.usage_events e where e.account_id = p.account_id and e.permit_id = p.id and e.corrects is null
         order by e.attempt limit 1) as call
       from limits.permits p where p.account_id = $1 and p.id = $2`,
      [accountId, permitId],
    ),
  ]);
  const [row] = rows;
  if (row === undefined) throw new Error('the job has a permit that is not there');
  return row;
}

/** The audit's event of it. */
export function eventOf(action: string, job: AdminJobRow, { caller, origin }: ReplayCaller) {
  return {
    action,
    actor: actorOf(caller),
    accountId: job.account_id,
    target: { kind: 'job', id: job.id },
    changes: { kind: job.kind, error: job.error },
    origin,
  };
}
