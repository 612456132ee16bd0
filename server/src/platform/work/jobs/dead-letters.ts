import { commitPoint, statement } from '#platform/db';
import { type AccountId, AppError } from '#platform/kernel';
import { type AdminJobRow, COLUMNS, LAST_ID, type PageAt, STATES } from './listing.ts';
import { type ReplayCaller, eventOf, replay, type ReplayParts } from './replay.ts';
import './errors.ts';

const DISCARD = commitPoint('jobs.discard', 'a dead job deleted');

export interface JobFilter {
  readonly state: (typeof STATES)[number];
  readonly kind?: string | undefined;
  readonly lane?: string | undefined;
  readonly accountId?: AccountId | undefined;
}

/** Acts of platform admins on jobs, above all on those that were given up. */
export interface DeadLetters {
  list(filter: JobFilter, at: PageAt): Promise<AdminJobRow[]>;
  read(id: string): Promise<AdminJobRow>;
  /**
   * Runs a dead job again, once however many ask: with a permit of its own where it had one, charged like the first.
   * Throws `job_not_dead`, `job_not_replayable`, and what admission denies.
   */
  replay(id: string, by: ReplayCaller): Promise<AdminJobRow>;
  discard(id: string, by: ReplayCaller): Promise<void>;
}

const ADMIN_COLUMNS = `${COLUMNS}, account_id, payload, permit_id, attempts, request_id`;

export function createDeadLetters(parts: ReplayParts & { readonly wake: () => void }): DeadLetters {
  const { db } = parts;

  async function read(id: string): Promise<AdminJobRow> {
    const [rows] = await db.system('admin.jobs', [
      statement<AdminJobRow>(
        `select ${ADMIN_COLUMNS} from jobs.jobs where state = any($1::text[]) and id = $2`,
        [STATES, id],
      ),
    ]);
    const [row] = rows;
    if (row === undefined) throw new AppError('not_found', { message: 'There is no such job.' });
    return row;
  }

  return {
    read,
    async list({ state, kind, lane, accountId }, { limit, before }) {
      // Only what is asked for: a plan that must fit any filter reads a state's jobs of all accounts for those of one.
      const asked = Object.entries({ state, kind, lane, account_id: accountId }).filter(
        ([, value]) => value !== undefined,
      );
      const conditions = asked.map(([column], index) => `${column} = $${index + 3}`);
      const [rows] = await db.system('admin.jobs', [
        statement<AdminJobRow>(
          `select ${ADMIN_COLUMNS} from jobs.jobs where ${['id < $1', ...conditions].join(' and ')}
           order by id desc limit $2`,
          [before ?? LAST_ID, limit, ...asked.map(([, value]) => value)],
        ),
      ]);
      return rows;
    },
    async replay(id, by) {
      const job = await read(id);
      if (job.state !== 'dead') throw new AppError('job_not_dead');
      await replay(parts, job, by);
      parts.wake();
      return read(id);
    },
    async discard(id, { caller, origin }) {
      const job = await read(id);
      await db.system('admin.jobs', DISCARD, async (tx) => {
        const gone = await tx.run(
          statement(
            `delete from jobs.jobs where account_id = $1 and id = $2 and state = 'dead' returning id`,
            [job.account_id, id],
          ),
        );
        if (gone.length === 0) throw new AppError('job_not_dead');
        await parts.audit.recordIn(tx, eventOf('job.discarded', job, { caller, origin }));
      });
    },
  };
}
