import { type Database, statement } from '#platform/db';
import type { AccountId, PermitId } from '#platform/kernel';
import type { Lane } from './job.ts';

export const STATES = ['ready', 'delayed', 'running', 'done', 'dead', 'cancelled'] as const;

/** A job as its account sees it: without its payload. */
export interface JobRow {
  readonly id: string;
  readonly kind: string;
  readonly lane: Lane;
  readonly state: (typeof STATES)[number];
  readonly progress_done: number | null;
  readonly progress_total: number | null;
  readonly attempt: number;
  readonly error: string | null;
  readonly run_at: Date;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** A job as a platform admin sees it. Its payload holds ids only. */
export interface AdminJobRow extends JobRow {
  readonly account_id: AccountId;
  readonly payload: Record<string, string>;
  readonly permit_id: PermitId | null;
  readonly attempts: number;
  readonly request_id: string;
}

/** A page of a list, newest first; `before` is the id of the last row of the page before. */
export interface PageAt {
  readonly limit: number;
  readonly before?: string | undefined;
}

/** The jobs of one account. */
export interface Listing {
  list(
    accountId: AccountId,
    at: PageAt & { readonly state?: JobRow['state'] | undefined },
  ): Promise<JobRow[]>;
  read(accountId: AccountId, id: string): Promise<JobRow | undefined>;
}

export const COLUMNS =
  'id, kind, lane, state, progress_done, progress_total, attempt, error, run_at, created_at, updated_at';
/** No id comes after it. */
export const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

export function readListing(db: Database): Listing {
  return {
    async list(accountId, { state, limit, before }) {
      const [rows] = await db.tenant(accountId, [
        statement<JobRow>(
          `select ${COLUMNS} from jobs.jobs where account_id = $1 and id < $2 and ($4::text is null or state = $4) order by id desc limit $3`,
          [accountId, before ?? LAST_ID, limit, state ?? null],
        ),
      ]);
      return rows;
    },
    async read(accountId, id) {
      const [rows] = await db.tenant(accountId, [
        statement<JobRow>(`select ${COLUMNS} from jobs.jobs where account_id = $1 and id = $2`, [
          accountId,
          id,
        ]),
      ]);
      return rows[0];
    },
  };
}
