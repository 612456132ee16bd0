import type { Sql } from '@plinth/testkit/services/sql';
import type { BilledCall, Change, Facts } from './oracle/facts.ts';

/** Reads all rows that the oracle judges, as JSON, so that no code of the program lies between. */
export async function readRows(
  sql: Sql,
): Promise<Omit<Facts, 'bill' | 'history' | 'usage' | 'told' | 'outages'>> {
  const readAll = async <Row>(text: string): Promise<Row[]> =>
    (await sql.rows<{ row: Row }>(`select to_jsonb(t) - '${UNREAD}'::text[] as row from (${text}) as t`)).map(
      ({ row }) => row,
    );
  return {
    trace: await readTrace(sql),
    holders: await readAll('select id, expires_at from limits.holders'),
    snapshots: await readAll(SNAPSHOTS),
    permits: await readAll('select * from limits.permits'),
    events: await readAll('select * from limits.usage_events'),
    credits: await readAll('select * from limits.credits'),
    generations: await readAll(GENERATIONS),
    jobs: await readAll('select account_id, id, kind, state from jobs.jobs'),
  };
}

/** What only makes a telling longer. */
const UNREAD = '{user_id,key_id,charges,slots,operator_budgets,fence,price_version,tried,plan,updated_at}';

const SNAPSHOTS = `
  (select distinct on (account_id, product) account_id, product, timeline from entitlements.snapshots
    order by account_id, product, version desc)
  union all select null, product, timeline from entitlements.defaults`;

const GENERATIONS = `
  select g.*, (select count(*) from reel.variants v where v.account_id = g.account_id and v.generation_id = g.id)::integer as written
  from reel.generations g`;

/** The number of the last change of a row that the oracle judges. */
export async function lastChange(sql: Sql): Promise<number> {
  const [row] = await sql.rows<{ seq: number }>(
    'select coalesce(max(seq), 0)::double precision as seq from faults.trace',
  );
  return row?.seq ?? 0;
}

/** A page at a time: of a million decisions there are many. */
async function readTrace(sql: Sql): Promise<Change[]> {
  const changes: Change[] = [];
  for (;;) {
    const page = await sql.rows<Change>(
      `select seq::double precision as seq, tx::double precision as tx, (extract(epoch from at) * 1000)::double precision as at,
         (extract(epoch from wall) * 1000)::double precision as wall, about, row
       from faults.trace where seq > $1 order by seq limit 20000`,
      [changes.at(-1)?.seq ?? 0],
    );
    // Not spread: a call takes no twenty thousand arguments.
    for (const change of page) changes.push(change);
    if (page.length === 0) return changes;
  }
}

/** The provider's bill, by the sandbox's own protocol. */
export async function readBill(provider: string): Promise<BilledCall[]> {
  const response = await fetch(new URL('/sandbox/bill', provider));
  return ((await response.json()) as { data: BilledCall[] }).data;
}

/** How many slots of calls are taken for processes that live: the lease of one that is gone tells when its slots are free. */
export async function slotsTaken(sql: Sql): Promise<number> {
  const [row] = await sql.rows<{ taken: number }>(`
    select count(*)::integer as taken from limits.permits
      where state = 'running' and job_id is null and feature = 'chat'
        and holder in (select max(id::text)::uuid from faults.holders group by member)`);
  return row?.taken ?? 0;
}

/** Whether there is nothing left that a process must end. */
export async function isQuiet(sql: Sql): Promise<boolean> {
  const [row] = await sql.rows<{ open: number }>(`
    select ((select count(*) from limits.permits where state in ('queued', 'running'))
      + (select count(*) from jobs.jobs where kind = 'reel.generate' and state in ('ready', 'delayed', 'running')))::integer as open`);
  return row?.open === 0;
}
