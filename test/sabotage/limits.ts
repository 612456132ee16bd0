import type { Patch } from './patch.ts';

const RATES = 'src/platform/limits/rates.postgres.test.ts ::';
const ADMISSION = 'src/platform/limits/functions/admission.sql';
const BATCHES = 'src/platform/limits/functions/batches.sql';
const SETTLEMENT = 'src/platform/limits/functions/settlement.sql';
const KEYS = 'src/platform/limits/keys.test.ts ::';
const SWEEP = 'src/platform/limits/sweep.test.ts ::';
const KEPT_PLANS =
  'test/kept-plans/kept-plans.test.ts :: a plan that is kept, and was made when tables were >';
const SETTLING = 'src/platform/limits/settlement.test.ts ::';

/** Admission, settlement, the ledger, holders and rates. */
export const LIMITS: readonly Patch[] = [
  {
    name: 'failures-read-among-all-meters',
    file: ADMISSION,
    find: "and 'failures' = any (m.names) and t.name",
    replace: 'and t.name',
    expects: `${KEPT_PLANS} empty, reads what failed calls cost without the meters of an account’s members and keys`,
  },
  {
    name: 'calls-of-a-permit-by-account',
    file: 'src/platform/limits/migrations/0001_limits.up.sql',
    find: 'on limits.usage_events (permit_id, attempt)',
    replace: 'on limits.usage_events (account_id, permit_id, attempt)',
    expects: `${KEPT_PLANS} empty, reads no history of the account that has one`,
  },
  {
    name: 'call-looked-up-in-a-join',
    file: 'src/platform/limits/delegated.ts',
    find: 'c.corrects is null limit 1) as e',
    replace: 'c.corrects is null) as e',
    expects: `${KEPT_PLANS} those of many accounts that each had made one call, reads no history of the account that has one`,
  },
  {
    name: 'objects-by-store-first',
    file: 'src/platform/billing/migrations/0001_inbox.up.sql',
    find: 'on billing.objects (customer, store, mode)',
    replace: 'on billing.objects (store, mode, customer)',
    expects: `${KEPT_PLANS} empty, finds a row by its key through an index that finds one row`,
  },
  {
    name: 'extension-counts-the-window-before',
    file: 'src/platform/limits/functions/settlement.sql',
    find: 'v_taken := case when v.starts[v_at] = v_start then v.used[v_at] else 0 end;\n    if v_max is null or v_taken + p_short',
    replace: 'v_taken := v.used[v_at];\n    if v_max is null or v_taken + p_short',
    expects:
      'src/platform/limits/budgets.test.ts :: further calls of a permit > are held to the budgets of the day on which they go out',
  },
  {
    name: 'time-of-postgres-in-admission',
    file: BATCHES,
    find: "v_now := greatest(app.now(), timestamptz 'epoch' + v_now_us * interval '1 microsecond');",
    replace:
      "v_now := greatest(clock_timestamp(), timestamptz 'epoch' + v_now_us * interval '1 microsecond');",
    expects: 'src/platform/limits/kinds.test.ts :: the leap day lies in February',
  },
  {
    name: 'clock-read-before-the-lock',
    file: BATCHES,
    find: "v_now := greatest(app.now(), timestamptz 'epoch' + v_now_us * interval '1 microsecond');",
    replace:
      "v_now := greatest(statement_timestamp() + (select ahead from app.clock), timestamptz 'epoch' + v_now_us * interval '1 microsecond');",
    expects:
      'src/platform/limits/admission.test.ts :: a meter that another transaction holds > is decided by the time after the wait: a plan that ended meanwhile admits nobody',
  },
  {
    name: 'denial-charges',
    file: BATCHES,
    find: 'if v_answer is not null then v_answers[v_place] := v_answer; continue; end if;',
    replace:
      'if v_answer is not null then v_answers[v_place] := v_answer; v_number := v_number + 1; v_units := v_units + q.units; continue; end if;',
    expects:
      'src/platform/limits/admission.test.ts :: a denial > by monthly charges nothing: no window, no row, no key',
  },
  {
    name: 'landing-told-to-one-batcher-alone',
    file: 'src/platform/limits/batcher.ts',
    find: 'for (const launch of this.#launches) launch();',
    replace: 'this.#launches[0]?.();',
    expects:
      'src/platform/limits/batcher.test.ts :: what waits for a row that another batcher has twice flies when that lands, though nothing else comes',
  },
  {
    name: 'key-and-permit-read-at-two-instants',
    file: ADMISSION,
    find: 'select k, p, h.id is not null as held into v from idempotency.keys k',
    replace: `select * into v_key from idempotency.keys
    where account_id = p_request.account_id and route = p_request.route and key_hash = p_request.key_hash;
  select v_key as k, p, h.id is not null as held into v from idempotency.keys k`,
    expects: `${KEYS} a repeat > that meets the commit which stores the answer gets it`,
  },
  {
    name: 'lease-renewed-by-the-time-before-the-lock',
    file: 'src/platform/limits/functions/sweep.sql',
    find: '  perform from limits.holders where id = p_id for update;\n',
    replace: '',
    expects:
      'src/platform/limits/sweep.test.ts :: a lease > whose renewal had to wait lasts from the end of the wait',
  },
  {
    name: 'open-permits-of-a-batch-not-counted',
    file: BATCHES,
    find: 'if v_number_open[r.meter] + cardinality(p_requests) <= v_max[v_rule] then',
    replace: 'if v_number_open[r.meter] <= v_max[v_rule] then',
    expects:
      'src/platform/limits/admission.test.ts :: a crowd > of 50 at once on a concurrency of 1 has one admitted',
  },
  {
    name: 'places-of-earlier-runs-not-counted',
    file: BATCHES,
    find: ' + coalesce((v_added[r.meter]->>v_scope)::bigint, 0);',
    replace: ';',
    expects:
      'src/platform/limits/admission.test.ts :: a crowd > of 50 at once on a concurrency of 1 has one admitted',
  },
  {
    name: 'places-of-the-dead-counted',
    file: ADMISSION,
    find: 'or exists (select from limits.holders h where h.id = holder and h.expires_at > p_now)',
    replace: 'or true',
    expects: `${SWEEP} when a process dies > its places are free again as soon as its lease has run out, before any sweep`,
  },
  {
    name: 'place-of-a-job-freed-with-its-worker',
    file: ADMISSION,
    find: "p.job_id is not null or p.state = 'queued' as is_kept",
    replace: "p.state = 'queued' as is_kept",
    expects: `${SWEEP} the sweeper leaves alone > what a job owns, queued or running, however dead its holder is`,
  },
  {
    name: 'key-looked-up-after-the-limits',
    file: BATCHES,
    find: 'v_answer := coalesce(limits.repeated(q, p_holder, v_refused, v_now), v_answer);',
    replace: 'v_answer := v_answer;',
    expects: `${KEYS} a repeat > gets the stored answer, whatever the limits say now, and charges nothing`,
  },
  {
    name: 'key-not-claimed-with-the-permit',
    file: BATCHES,
    find: 'from admitted where key_hash is not null;',
    replace: 'from admitted where key_hash is not null on conflict do nothing;',
    expects: `${KEYS} equal keys > of two products in two commits at once give one permit`,
  },
  {
    name: 'released-permit-keeps-its-key',
    file: ADMISSION,
    find: "if v_permit.state = 'voided' then",
    replace: 'if false then',
    expects: `${KEYS} a repeat > of work that came to nothing is a new call: its key is free`,
  },
  {
    name: 'stored-answer-not-sealed',
    file: 'src/platform/limits/permits.ts',
    find: 'idempotency.sealed ? key : undefined',
    replace: 'undefined',
    expects: `${KEYS} a repeat > of a private call opens the sealed answer, which nobody reads without the key`,
  },
  {
    name: 'fence-ignored',
    file: SETTLEMENT,
    find: "v_held := p.fence = v_fence and p.holder = (p_item->>'h')::uuid and (",
    replace: 'v_held := (',
    expects: `${KEYS} after the process of the first call died > the old process, if it lives after all, finds itself stale, and its whole transaction is undone`,
  },
  {
    name: 'settled-twice',
    file: SETTLEMENT,
    find: " and (p.state = 'running' or p.state = 'queued' and p.job_id is null);",
    replace: ';',
    expects: `${SETTLING} work that is done > settled twice, at once or later, is charged once`,
  },
  {
    name: 'tenant-filter-dropped',
    file: SETTLEMENT,
    find: "limits.resolve(p_item || jsonb_build_object('a', v_account),",
    replace: "limits.resolve(jsonb_build_object('a', v_account) || p_item,",
    expects:
      'src/platform/limits/tenancy.test.ts :: a permit of another account > can be settled, released or attached by nobody else, whatever they say',
  },
  {
    name: 'burst-given-back',
    file: BATCHES,
    find: "if c.kind in ('quota', 'budget') then\n            v_charge := v_charge || jsonb_build_array(jsonb_build_array(v_scopes[v_rule], c.name, c.kind, v_starts[v_rule],\n              case c.kind when 'quota' then q.units end, c.per));",
    replace:
      "if c.kind in ('quota', 'burst', 'budget') then\n            v_charge := v_charge || jsonb_build_array(jsonb_build_array(v_scopes[v_rule], c.name, case c.kind when 'burst' then 'quota' else c.kind end, v_starts[v_rule],\n              case when c.kind <> 'budget' then q.units end, c.per));",
    expects: `${SETTLING} work that failed > gives back quota, never burst or cooldown; what the provider served stays posted and charged`,
  },
  {
    name: 'sweeper-voids-sent-calls',
    file: SETTLEMENT,
    find: "set state = case e.state when 'sent' then 'posted' else 'voided' end, estimated = e.state = 'sent',",
    replace: "set state = 'voided',",
    expects: `${SWEEP} when a process dies > its calls that went out are posted at their reserve, as estimates, and keep their quota`,
  },
  {
    name: 'unknown-outcome-voided',
    file: 'src/platform/limits/permits.ts',
    find: "outcome('posted', estimate === undefined ? {} : { u: figures(estimate) });",
    replace: "outcome('voided', estimate === undefined ? {} : { u: figures(estimate) });",
    expects: `${SETTLING} provider calls > of one permit are a row each: tries, fallbacks, repairs; and all of them are charged`,
  },
  {
    name: 'posted-rows-change',
    file: 'src/platform/limits/functions/limits.sql',
    find: "when (old.state in ('posted', 'voided')) execute",
    replace: 'when (false) execute',
    expects: `${SETTLING} a posted row > never changes, not even by the system’s own role`,
  },
  {
    name: 'two-corrections-of-one-call',
    file: 'src/platform/limits/functions/calls.sql',
    find: 'coalesce(bool_or(t.corrects is not null and not t.estimated), false) as is_known',
    replace: 'false as is_known',
    expects: `${SETTLING} a settlement that comes after the permit was closed for its dead holder > writes exactly one correction row, and the budget holds what it really cost`,
  },
  {
    name: 'dead-holder-revives',
    file: 'src/platform/limits/functions/sweep.sql',
    find: 'where id = p_id and expires_at > v_now;',
    replace: 'where id = p_id;',
    expects: `${SWEEP} a lease > that has run out never revives: its process is told once, to stop`,
  },
  {
    name: 'tenant-may-sweep',
    file: 'src/platform/limits/functions/rights.sql',
    find: "call app.run_as_system('limits.sweep(integer)');",
    replace: `call app.run_as_system('limits.sweep(integer)');
      grant execute on function limits.sweep(integer) to plinth_tenant;`,
    expects:
      'src/platform/limits/tenancy.test.ts :: no function can be called by a tenant but those for its own transactions',
  },
  {
    name: 'rates-not-all-or-nothing',
    file: 'src/platform/limits/functions/rates.sql',
    find: 'if v_least > 0 then',
    replace: 'if true then',
    expects: `${RATES} a lone caller is told, and counted, as one of a crowd is`,
  },
  {
    name: 'rates-alone-not-all-or-nothing',
    file: 'src/platform/limits/functions/rates.sql',
    find: 'where r.key = d.key and d.is_allowed',
    replace: 'where r.key = d.key',
    expects:
      'src/platform/limits/rates.test.ts :: rates in PostgreSQL > entries are taken all or none, and the one that decides is named',
  },
  {
    name: 'rates-alone-of-the-keys-that-are-there',
    file: 'src/platform/limits/functions/rates.sql',
    find: 'where l.keys = cardinality(p_keys)',
    replace: 'where l.keys > 0',
    expects: `${RATES} a lone caller is told, and counted, as one of a crowd is`,
  },
  {
    name: 'rates-alone-not-locked',
    file: 'src/platform/limits/functions/rates.sql',
    find: 'order by a.position for update of r',
    replace: 'order by a.position',
    expects: `${RATES} lone callers of many processes wait for each other, and count by what they waited for`,
  },
  {
    name: 'rates-alone-by-the-clock-before-the-lock',
    file: 'src/platform/limits/functions/rates.sql',
    find: 'from (select count(*) as keys from locked offset 0) l where l.keys = cardinality(p_keys)',
    replace:
      'where (select count(*) from unnest(p_keys) k join limits.rates r on r.key = k) = cardinality(p_keys)',
    expects: `${RATES} a lone caller who has waited decides by the time at which it may`,
  },
];
