import { commitPoint, type Database, statement } from '#platform/db';
import type { AccountId, HolderId, JobId } from '#platform/kernel';
import type { Announcement } from './qstash.ts';

const ANNOUNCE = commitPoint('jobs.announce', 'jobs that this process is about to announce to QStash');
const ANNOUNCED = commitPoint('jobs.announced', 'jobs that QStash has');
const RENEWED = commitPoint(
  'jobs.announce-anew',
  'an announcement that came to nothing, to be followed by another',
);

/** A job that was announced so long ago and not taken up since is lost: longer than QStash's tries and two of our longest jobs. */
const LOST = '5 minutes';

export interface Claim {
  readonly holder: HolderId;
  /** The kinds of jobs that are handled. */
  readonly kinds: readonly string[];
  /** How many jobs of each lane may be announced or running at once. */
  readonly most: { readonly interactive: number; readonly batch: number };
}

/** Claims what is to be announced now, in the queue's own order, with the milliseconds until another job is due. */
export async function claim(
  db: Database,
  { holder, kinds, most }: Claim,
): Promise<{ claimed: Announcement[]; nextDue: number | undefined }> {
  const [claimed, due] = await db.system('jobs.queue', ANNOUNCE, [
    statement<Announcement>(
      'select account, job, fence, number from jobs.announce($1, $2::text[], $3, $4, $5::interval)',
      [holder, kinds, most.interactive, most.batch, LOST],
    ),
    statement<{ due: number | null }>('select jobs.next_due() as due'),
  ]);
  return { claimed, nextDue: due[0]?.due ?? undefined };
}

/** Writes down that QStash has these jobs. */
export async function recordPublished(db: Database, holder: HolderId, jobs: readonly JobId[]): Promise<void> {
  await db.system('jobs.queue', ANNOUNCED, [
    statement('select jobs.announced($1, $2::uuid[])', [holder, jobs]),
  ]);
}

/** Has a job announced once more, when QStash does not try the last announcement again. */
export async function announceAnew(db: Database, accountId: AccountId, id: JobId): Promise<void> {
  await db.system('jobs.queue', RENEWED, [statement('select jobs.announce_anew($1, $2)', [accountId, id])]);
}
