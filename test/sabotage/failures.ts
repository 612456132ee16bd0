import type { Patch } from './patch.ts';

const LEDGER = 'src/platform/ai/ledger.ts';
const OUTCOME = 'src/platform/ai/outcome.ts';
const SETTLEMENT = 'src/platform/limits/functions/settlement.sql';
const CALLS = 'src/platform/limits/functions/calls.sql';
const CHARGES = 'src/platform/ai/charges.test.ts ::';
const FAILURES = 'src/platform/limits/failures.test.ts ::';
const GATEWAY = 'test/gateway/failures.test.ts ::';

/** What a call costs when things go wrong. */
export const FAILED_CALLS: readonly Patch[] = [
  {
    name: 'broken-calls-are-charged',
    file: LEDGER,
    find: 'const charged = seen.shownTokens === 0 ? 0 : Math.min(usage.cost, shownCost(one, seen));',
    replace: 'const charged = usage.cost;',
    expects: `${CHARGES} what a provider broke > before anything was shown is charged to nobody: a connection that was reset`,
  },
  {
    name: 'what-was-shown-is-free',
    file: LEDGER,
    find: 'const charged = seen.shownTokens === 0 ? 0 : Math.min(usage.cost, shownCost(one, seen));',
    replace: 'const charged = 0;',
    expects: `${CHARGES} what a provider broke > after some of it was shown is charged for the input and what was shown`,
  },
  {
    name: 'bad-gateways-cost-nothing',
    file: OUTCOME,
    find: 'new Set([408, 502, 504, 520, 524])',
    replace: 'new Set([408, 504, 520, 524])',
    expects: `${CHARGES} what a provider broke > before anything was shown is charged to nobody: a bad gateway`,
  },
  {
    name: 'nothing-is-read-on',
    file: 'src/platform/ai/exchange.ts',
    find: 'if (this.#started && mayBeServed && READ_ON.has(failure)) this.#readOn();',
    replace: '',
    expects: `${CHARGES} what a caller brought about is charged as the provider bills it > of a plain call whose caller hung up: its estimate at once, then what it used`,
  },
  {
    name: 'read-on-for-ever',
    file: 'src/platform/ai/exchange.ts',
    find: 'deadlines.watch(this, READ_ON_MS);',
    replace: '',
    expects: `${CHARGES} what a caller brought about is charged as the provider bills it > of one that is read on for too long, what it was estimated at`,
  },
  {
    name: 'too-large-an-answer-is-asked-for-again',
    file: OUTCOME,
    find: "retry: 'never',\n    health: 'neutral',\n  } as const;",
    replace: "retry: 'same',\n    health: 'neutral',\n  } as const;",
    expects:
      'src/platform/ai/item-stream.test.ts :: a stream that breaks after elements were taken > is not asked for again when it is larger than the policy takes',
  },
  {
    name: 'tries-ask-for-what-a-provider-broke',
    file: CALLS,
    find: "select coalesce(sum(case state when 'posted' then charged else reserve end), 0)::bigint from",
    replace: "select coalesce(sum(case state when 'posted' then cost else reserve end), 0)::bigint from",
    expects: `${FAILURES} a call that the provider broke > leaves the whole reserve to the next try: no budget is asked for more`,
  },
  {
    name: 'budgets-hold-what-nobody-is-charged',
    file: SETTLEMENT,
    find: 'limits.give_back(p_permit, p_permit.reserve - v_charged) g;',
    replace: 'limits.give_back(p_permit, p_permit.reserve - cost) g;',
    expects: `${FAILURES} a call that the provider broke > costs the operator its estimate, and the account nothing: quota and budget are as before`,
  },
  {
    name: 'failures-have-no-limit',
    file: 'src/platform/limits/functions/batches.sql',
    find: 'if v_taken[v_rule] >= c.most then v_slots_left := 0; end if;',
    replace: '',
    expects: `${FAILURES} what the operator bears for failures > has a limit for each account and day, past which it is denied until the day is over`,
  },
  {
    name: 'failures-of-other-products-do-not-count',
    file: 'src/platform/limits/functions/batches.sql',
    find: 'if v_taken[v_rule] > 0 then v_taken[v_rule] := limits.failures(who.account_id, v_starts[v_rule]); end if;',
    replace: '',
    expects: `${FAILURES} what the operator bears for failures > is one sum over all products`,
  },
  {
    name: 'an-estimate-ends-the-corrections',
    file: CALLS,
    find: 'coalesce(bool_or(t.corrects is not null and not t.estimated), false) as is_known',
    replace: 'coalesce(bool_or(t.corrects is not null), false) as is_known',
    expects: `${FAILURES} a call that its caller broke off > may be known more closely first, and exactly later`,
  },
  {
    name: 'refused-after-all-is-charged',
    file: 'src/platform/ai/attempt.ts',
    find: "return isUnserved(status) ? 'not_served' : 'part';",
    replace: "return 'part';",
    expects: `${CHARGES} of a call whose caller left before its answer > nothing is charged where the provider then says a defect, streamed or not`,
  },
  {
    name: 'given-up-by-a-gateway-costs-nothing',
    file: 'src/platform/ai/attempt.ts',
    find: "return isUnserved(status) ? 'not_served' : 'part';",
    replace: "return 'not_served';",
    expects: `${CHARGES} of a call whose caller left before its answer > the estimate stays where a gateway gives up`,
  },
  {
    name: 'redirects-are-followed-for-nobody',
    file: 'src/platform/ai/exchange.ts',
    find: "if (path !== undefined && this.#remainder !== undefined) this.#leave('end');",
    replace: "if (path === '') this.#leave('end');",
    expects: `${CHARGES} of a call whose caller left before its answer > nothing is sent to where the provider redirects`,
  },
  {
    name: 'a-broken-stream-is-a-whole-one',
    file: 'src/platform/ai/remainder.ts',
    find: "end === 'end' && usable ? 'whole' : 'part'",
    replace: "end === 'end' ? 'whole' : 'part'",
    expects: `${CHARGES} of a call whose caller left before its answer > the estimate stays where the stream ends before its end`,
  },
  {
    name: 'asking-for-failures-is-free',
    file: 'src/platform/ai/relay.ts',
    find: "return isRefused ? permit.release(reason, { quota: 'kept' }) : permit.settle();",
    replace: 'return isRefused ? permit.release(reason) : permit.settle();',
    expects: `${GATEWAY} a request that can only fail costs nothing, and counts`,
  },
  {
    name: 'a-keyed-call-ends-with-its-client',
    file: 'src/platform/ai/relay.ts',
    find: 'lingering === undefined ? to.signal : lingering.signal',
    replace: 'to.signal',
    expects: `${GATEWAY} a call that its client gives up > under an Idempotency-Key goes on: the provider is paid once, and the repeat gets its answer`,
  },
];
