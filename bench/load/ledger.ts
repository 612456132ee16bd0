import { setTimeout as pause } from 'node:timers/promises';
import type { Sql } from '@plinth/testkit/services/sql';
import type { BilledCall, EventRow, Violation } from '../../test/faults/oracle/facts.ts';
import { costOf, entriesOf, examineLedger, sum } from '../../test/faults/oracle/ledger.ts';

/** Milliseconds after the last call until the ledger must be at rest: what a client hung up on is written to its end, and jobs follow. */
const PATIENCE = 180_000;
const LOOK = 250;

export interface Comparison {
  readonly billed: { readonly calls: number; readonly micros: number };
  readonly posted: { readonly calls: number; readonly micros: number };
  readonly violations: readonly Violation[];
}

/** Lays the ledger beside the provider's bill, call by call, once nothing is under way any more. */
export async function compareLedger(sql: Sql, bill: () => readonly BilledCall[]): Promise<Comparison> {
  const until = performance.now() + PATIENCE;
  while ((await underWay(sql)) > 0 && performance.now() < until) await pause(LOOK);
  const rows = await sql.rows<{ row: EventRow }>('select to_jsonb(e) as row from limits.usage_events e');
  const events = rows.map(({ row }) => row);
  const billed = bill();
  const posted = entriesOf(events).filter(({ event }) => event.state === 'posted');
  return {
    billed: { calls: billed.length, micros: billed.reduce((total, call) => total + costOf(call), 0) },
    posted: {
      calls: posted.length,
      micros: posted.reduce((total, entry) => total + sum(entry, 'cost'), 0),
    },
    violations: examineLedger({ events, bill: billed }),
  };
}

/** Permits that are open, and jobs that are not over. */
async function underWay(sql: Sql): Promise<number> {
  const [row] = await sql.rows<{ open: number }>(`
    select ((select count(*) from limits.permits where state in ('queued', 'running'))
      + (select count(*) from jobs.jobs where kind like 'prism.%' and state in ('ready', 'delayed', 'running')))::integer as open`);
  return row?.open ?? 0;
}
