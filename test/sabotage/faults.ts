import type { Patch } from './patch.ts';

const BATCHES = 'src/platform/limits/migrations/0003_batches.up.sql';
const DECISIONS =
  'test/faults/decisions/decisions.test.ts :: three processes that are killed, paused and cut off > decide some thousand times, and pass no limit and charge no denial';
const ORACLE = 'test/faults/oracle/oracle.test.ts ::';

/** What the history checker found, and that it sees: the program broken under its eyes, and its oracle made blind. */
export const FAULTS: readonly Patch[] = [
  {
    name: 'broken-connection-ends-the-process',
    file: 'src/platform/db/postgres.ts',
    find: "  pool.on('connect', (client) => void client.on('error', ignore));\n",
    replace: '',
    expects:
      'test/faults/connections.test.ts :: a connection to the database that breaks in the middle of a query > fails that query and nothing else, of a batch: the process lives on, with new connections',
  },
  {
    name: 'end-not-told-again',
    file: 'src/platform/limits/permits.ts',
    find: 'if (!(error instanceof AppError)) again(() => resolve(op, more));',
    replace: '',
    expects:
      'src/platform/limits/again.test.ts :: an end whose connection breaks > is told again, of a settlement, until the database knows it: its place is free, its figures are exact',
  },
  {
    name: 'call-lost-with-its-kept-answer',
    file: 'src/products/gateway/service.ts',
    find: 'await permit.settle();',
    replace: "throw new Error('the answer could not be kept');",
    expects:
      'test/faults/kept-answer.test.ts :: a call whose answer could not be kept under its key > is settled all the same, at what it cost, and a repeat charges nothing',
  },
  {
    name: 'faults-see-places-passed',
    file: BATCHES,
    find: 'v_taken[v_rule] := coalesce((v_open[r.meter]->>v_scope)::bigint, 0);',
    replace: 'v_taken[v_rule] := 0;',
    expects: DECISIONS,
  },
  {
    name: 'faults-see-what-a-denial-charged',
    file: BATCHES,
    find: 'if v_answer is not null then v_answers[v_place] := v_answer; continue; end if;',
    replace:
      'if v_answer is not null then v_answers[v_place] := v_answer; v_units := v_units + q.units; continue; end if;',
    expects: DECISIONS,
  },
  {
    name: 'oracle-forgets-places-of-jobs',
    file: 'test/faults/oracle/limits.ts',
    find: "if (permit.job_id !== null || permit.state === 'queued') return true;",
    replace: '',
    expects: `${ORACLE} a world in which all is right has no violation > the permits of a dead process are no longer counted, but those of its jobs are`,
  },
  {
    name: 'oracle-takes-one-estimate-for-all',
    file: 'test/faults/oracle/ledger.ts',
    find: 'estimates.set(id, left - 1);',
    replace: '',
    expects: `${ORACLE} the ledger > each billed call that no row names needs an estimate of its own`,
  },
];
