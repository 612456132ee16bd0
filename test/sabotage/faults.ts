import type { Patch } from './patch.ts';

const BATCHES = 'src/platform/limits/functions/batches.sql';
const DECISIONS =
  'test/faults/decisions/decisions.test.ts :: three processes that are killed, paused and cut off > decide some thousand times, and pass no limit and charge no denial';
const ORACLE = 'test/faults/oracle/oracle.test.ts ::';
const FAILING = 'test/faults/oracle/failing.test.ts ::';
const SERVICES = 'test/faults/services.test.ts ::';
const UNSHOWN = 'sandboxes/src/openai/billed-unshown.test.ts ::';

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
    find: 'else parts.retries.add(line, tell, over);',
    replace: 'else over();',
    expects:
      'src/platform/limits/retry-queue.test.ts :: an end whose connection breaks > is told again, of a settlement, until the database knows it: its place is free, its figures are exact',
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
    find: 'v_taken[v_rule] := coalesce((v_open[r.meter]->>v_scope)::bigint, 0) + coalesce((v_added[r.meter]->>v_scope)::bigint, 0);',
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
  {
    name: 'oracle-takes-any-estimate',
    file: 'test/faults/oracle/estimates.ts',
    find: 'cost < costOf(call)',
    replace: 'cost < 0',
    expects: `${FAILING} an estimate > that is less than the bill of its call is told, named or not, corrected or not`,
  },
  {
    name: 'oracle-lays-estimates-beside-bills-as-they-come',
    file: 'test/faults/oracle/estimates.ts',
    find: "estimates.toSorted((a, b) => sum(b, 'cost') - sum(a, 'cost'))",
    replace: '[...estimates]',
    expects: `${FAILING} an estimate > of a request with several: the dearest call needs the dearest, and one cannot stand for both`,
  },
  {
    name: 'oracle-lets-customers-pay-for-broken-providers',
    file: 'test/faults/oracle/charges.ts',
    find: 'if (charged === 0 && kept.length === 0) return [];',
    replace: 'if (kept.length === 0) return [];',
    expects: `${FAILING} charges > and quota are none where the client was told that the provider failed`,
  },
  {
    name: 'oracle-lets-callers-leave-for-nothing',
    file: 'test/faults/oracle/charges.ts',
    find: 'if (charged === cost && kept) return [];',
    replace: 'if (kept) return [];',
    expects: `${FAILING} charges > of a call whose caller left are what it cost, and its quota is used`,
  },
  {
    name: 'oracle-counts-the-operators-cost-in-budgets',
    file: 'test/faults/oracle/account-states.ts',
    find: '(event.charged ?? event.cost)',
    replace: 'event.cost',
    expects: `${FAILING} charges > are what a customer’s budget holds`,
  },
  {
    name: 'oracle-takes-a-defect-for-an-answer',
    file: 'test/faults/oracle/statuses.ts',
    find: 'status === 500',
    replace: 'status === 599',
    expects: `${FAILING} what clients are told > a database that is away is no defect, and whoever reads did not hang up`,
  },
  {
    name: 'oracle-takes-any-wait',
    file: 'test/faults/oracle/statuses.ts',
    find: '/^[1-9]\\d*$/',
    replace: '/^/',
    expects: `${FAILING} what clients are told > 429 limit_exceeded says when to come again, in whole seconds`,
  },
  {
    name: 'oracle-counts-outages-of-other-processes',
    file: 'test/faults/oracle/slots.ts',
    find: 'node === undefined || node === exchange.node',
    replace: 'true',
    expects: `${FAILING} a slot > is counted from when the database is back, and of a pause`,
  },
  {
    name: 'oracle-never-sees-a-place-kept',
    file: 'test/faults/oracle/slots.ts',
    find: 'if (calm <= SLOT_FREE_WITHIN) return [];',
    replace: 'if (Number.isFinite(calm)) return [];',
    expects: `${FAILING} a slot > that a request which has ended keeps is told, and one that is never free`,
  },
  {
    name: 'troubles-of-one-part-overlap',
    file: 'test/faults/turns.ts',
    find: 'before.then(work, work)',
    replace: 'work()',
    expects: `${SERVICES} troubles of one part come one after the other, also after one that failed; those of another do not wait`,
  },
  {
    name: 'faults-lose-commits-that-were-answered',
    file: 'test/faults/postgres.ts',
    find: "synchronous_commit: 'on'",
    replace: "synchronous_commit: 'off'",
    expects: `${SERVICES} the services of a run of faults > a PostgreSQL that is ended in either way has all that it answered for when it is back`,
  },
  {
    name: 'sandbox-bills-what-it-showed-alone',
    file: 'sandboxes/src/openai/completion.ts',
    find: 'return Math.max(0, Math.min(ordered, maxTokens - generated));',
    replace: 'return 0;',
    expects: `${UNSHOWN} what was thought and never shown is on the bill > and never more of it than the cap of the reply leaves`,
  },
  {
    name: 'sandbox-sends-done-whole',
    file: 'sandboxes/src/openai/delivery.ts',
    find: 'last.slice(0, SPLIT - DONE.length), end',
    replace: 'last, end',
    expects: `${UNSHOWN} [DONE] can come in two packets`,
  },
];
