import { type Statement, statement, deleteUnheld } from '#platform/db';
import type { AccountId, AppError } from '#platform/kernel';
import { COUNTED, COUNTS_PRUNED, createCounts, hourOf, type HourlyParts, OLD_COUNTS } from './counts.ts';

/** A client that hung up was told nothing. */
const HUNG_UP = 499;

/** Failed calls of an account by one route with one code. */
export interface CallErrorCount {
  readonly code: string;
  readonly status: number;
  readonly route: string;
  readonly failed: number;
  readonly last_at: string;
  readonly last_request_id: string;
}

interface HourlyCount extends CallErrorCount {
  readonly account_id: AccountId;
  readonly hour: string;
}

/** Where a page of them goes on: the most frequent first. */
export type CallErrorPosition = readonly [failed: number, code: string, route: string];

export interface CallErrorQuestion {
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
  readonly code?: string | undefined;
  readonly route?: string | undefined;
  readonly after?: CallErrorPosition | undefined;
  readonly rows: number;
}

/** A call that failed, as the server has it. */
interface FailedCall {
  readonly accountId: AccountId;
  readonly route: string;
  readonly requestId: string;
}

/** Failed calls by account, route, code and hour. None costs a commit: they are counted in memory and written together. */
export interface CallErrors {
  /** Takes no time, and never throws. */
  count(call: FailedCall, error: Pick<AppError, 'code' | 'status'>): void;
  /** Writes what is counted; what cannot be written is counted on. */
  write(): Promise<void>;
  /** Added up over the hours that are asked for. */
  ofAccount(accountId: AccountId, question: CallErrorQuestion): Promise<CallErrorCount[]>;
  prune(): Promise<void>;
  /** Writes what is counted, and stops. */
  close(): Promise<void>;
}

export function createCallErrors({ db, clock, onFailure }: HourlyParts): CallErrors {
  const counts = createCounts<HourlyCount>({
    write: (rows) => db.system('limits.denials', COUNTED, [addCounts(rows)]),
    sum: (newer, older) => ({ ...newer, failed: newer.failed + older.failed }),
    onFailure,
  });
  return {
    write: counts.write,
    close: counts.close,
    count({ accountId, route, requestId }, { code, status }) {
      if (status === HUNG_UP) return;
      const now = clock.now();
      const hour = hourOf(now);
      counts.add([accountId, hour, route, code].join(' '), {
        account_id: accountId,
        hour,
        route,
        code,
        status,
        failed: 1,
        last_at: new Date(now).toISOString(),
        last_request_id: requestId,
      });
    },
    async ofAccount(accountId, question) {
      const [rows] = await db.tenant(accountId, [sumCounts(accountId, question)]);
      return rows.map(({ last_at: last, ...row }) => ({ ...row, last_at: last.toISOString() }));
    },
    async prune() {
      await db.system('limits.denials', COUNTS_PRUNED, [
        statement(deleteUnheld('limits.errors', OLD_COUNTS)),
      ]);
    },
  };
}

/** In one order, so that processes that add to the same rows never wait for each other in a circle. Of an account that is gone nothing is kept. */
const addCounts = (counts: readonly HourlyCount[]): Statement =>
  statement(
    `insert into limits.errors as t (account_id, hour, route, code, status, failed, last_at, last_request_id)
     select c.account_id, c.hour, c.route, c.code, c.status, c.failed, c.last_at, c.last_request_id
       from jsonb_to_recordset($1::text::jsonb) as c (account_id uuid, hour timestamptz, route text, code text, status integer, failed bigint,
         last_at timestamptz, last_request_id text)
       join accounts.accounts a using (account_id)
       order by 1, 2, 3, 4
     on conflict (account_id, hour, route, code) do update
       set failed = t.failed + excluded.failed, status = excluded.status, last_at = greatest(t.last_at, excluded.last_at),
         last_request_id = case when excluded.last_at >= t.last_at then excluded.last_request_id else t.last_request_id end`,
    [JSON.stringify(counts)],
  );

function sumCounts(
  accountId: AccountId,
  { from, until, code, route, after, rows }: CallErrorQuestion,
): Statement<Omit<CallErrorCount, 'last_at'> & { readonly last_at: Date }> {
  const [failed = null, ofCode = null, ofRoute = null] = after ?? [];
  return statement(
    `select code, status, route, failed, last_at, last_request_id from (
       select code, route, max(status) as status, sum(failed)::bigint as failed, max(last_at) as last_at,
         (array_agg(last_request_id order by last_at desc))[1] as last_request_id
       from limits.errors
       where account_id = $1 and ($2::timestamptz is null or hour >= $2) and ($3::timestamptz is null or hour < $3)
         and ($4::text is null or code = $4) and ($5::text is null or route = $5)
       group by code, route) as summed
     where $6::bigint is null or failed < $6 or failed = $6 and (code, route) > ($7::text, $8::text)
     order by failed desc, code, route limit $9`,
    [accountId, from ?? null, until ?? null, code ?? null, route ?? null, failed, ofCode, ofRoute, rows],
  );
}
