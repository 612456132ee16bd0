import type { Patch } from './patch.ts';

const at = (name: string) => `src/platform/limits/migrations/${name}.up.sql`;
const test = (file: string) => `src/platform/limits/${file}.test.ts ::` as const;
const WINDOWS = at('0006_windows');
const CREDITS = at('0007_credits');

/** Windows in zones, billing periods and sliding bursts; credits; gauges; seats; budgets of keys and of the operator; plain ends. */
export const KINDS: readonly Patch[] = [
  {
    name: 'window-ends-with-its-zone',
    file: WINDOWS,
    find: 'if p_now < v_last then return row(p_stored, v_last); end if;',
    replace: '',
    expects: `${test('windows')} a change of the zone > however often and whereto: what is used up stays used up at that instant, and no window comes too soon`,
  },
  {
    name: 'next-window-too-soon',
    file: WINDOWS,
    find: 'while v_end < v_last + v_shortest loop',
    replace: 'while false loop',
    expects: `${test('windows')} a change of the zone > however often and whereto: what is used up stays used up at that instant, and no window comes too soon`,
  },
  {
    name: 'day-with-two-midnights-begins-at-the-first',
    file: WINDOWS,
    find: "if v_start > p_at then return date_trunc(p_per, p_at - interval '2 hours', p_zone); end if;",
    replace: '',
    expects: `${test('windows')} a day in the account’s time zone > in America/Havana with two midnights begins at the second: 2027-11-07T05:00:00Z to 2027-11-08T05:00:00Z`,
  },
  {
    name: 'anchor-not-kept',
    file: WINDOWS,
    find: 'insert into limits.anchors (account_id, product, starts_at) values (p_account, p_product, limits.anchor(p_account, p_product, p_now))\n      on conflict do nothing;',
    replace: 'null;',
    expects: `${test('windows')} a billing period > goes on when the plan changes, ends or comes back: what is used stays used`,
  },
  {
    name: 'the-31st-is-lost-in-february',
    file: WINDOWS,
    find: "(v_anchor + make_interval(months => v_months + 1)) at time zone 'UTC');",
    replace: "(v_anchor + make_interval(months => v_months) + interval '1 month') at time zone 'UTC');",
    expects: `${test('windows')} a billing period > of a plan from 2027-01-31T10:00:00Z, at 2027-03-01T00:00:00Z, ends at 2027-03-31T10:00:00.000Z`,
  },
  {
    name: 'sliding-burst-forgets-early',
    file: WINDOWS,
    find: 'where start > p_now - 61 * limits.sixtieth(p_per)\n$$;',
    replace: 'where start > p_now - 59 * limits.sixtieth(p_per)\n$$;',
    expects: `${test('sliding')} a burst that slides never admits more than its size in any window of its length, and frees what is older`,
  },
  {
    name: 'credits-in-any-order',
    file: CREDITS,
    find: "order by expires_at nulls last, source = 'plan', id",
    replace: 'order by expires_at desc nulls first, id',
    expects: `${test('credits')} credits > are used soonest expiry first, those that last at the end`,
  },
  {
    name: 'credits-of-failed-work-kept',
    file: 'src/platform/limits/migrations/0004_settlement.up.sql',
    find: 'then perform limits.return_credits(p_permit.account_id, v_charges, p_now); end if;',
    replace: 'then null; end if;',
    expects: `${test('credits')} credits > of work that failed go back to where they came from; what expired meanwhile stays expired`,
  },
  {
    name: 'rolled-over-whole',
    file: CREDITS,
    find: 'rolled := least(coalesce(v_left, 0) * p_rule.share / 100, p_rule.most);',
    replace: 'rolled := coalesce(v_left, 0) * p_rule.share / 100;',
    expects: `${test('credits')} whatever is used, fails, is given and expires: the balance is the model’s, and never below nothing`,
  },
  {
    name: 'bigger-plan-gives-all-again',
    file: CREDITS,
    find: 'planned := greatest(0, p_size - coalesce((select c.amount',
    replace: 'planned := greatest(0, p_size - 0 * coalesce((select c.amount',
    expects: `${test('credits')} credits > that are used up deny, and say when the plan gives the next`,
  },
  {
    name: 'gauge-grows-past-the-plan',
    file: at('0008_gauges'),
    find: 'if v_used > v_max then',
    replace: 'if v_used - p_delta > v_max then',
    expects: `${test('gauges')} a gauge > refuses growth beyond the plan, and with it the whole transaction; nothing says when to come back`,
  },
  {
    name: 'seat-revives',
    file: at('0009_seats'),
    find: 'and machine = p_machine and fence = p_fence and expires_at > v_now',
    replace: 'and machine = p_machine and fence = p_fence',
    expects: `${test('seats')} seats > of machines that died are free after their time, and never revive`,
  },
  {
    name: 'taken-over-seat-keeps-its-fence',
    file: at('0009_seats'),
    find: 'fence = s.fence + 1, taken_at',
    replace: 'fence = s.fence, taken_at',
    expects: `${test('seats')} seats > are taken over by the same machine: its former self is told, and takes no second one`,
  },
  {
    name: 'key-budget-by-product',
    file: at('0003_batches'),
    find: "when 'own_key' then 'key:' || who.key_id else",
    replace: "when 'own_key' then 'key:' || who.key_id || r.product else",
    expects: `${test('key-budgets')} a budget of a key’s own > bounds what the key costs in all products together, and no other key`,
  },
  {
    name: 'closed-budget-of-the-operator-ignored',
    file: at('0003_batches'),
    find: 'if v_governing.closed is not null then',
    replace: 'if false then',
    expects: `${test('operator')} a budget of the operator > is closed and opened by hand at once, whatever was spent, and keeps its amount`,
  },
  {
    name: 'operator-spending-without-corrections',
    file: 'src/platform/limits/migrations/0004_settlement.up.sql',
    find: "perform limits.count_spending(p, array(select (value->>'c')::uuid from jsonb_array_elements(p_item->'calls')), p_now);",
    replace: 'null;',
    expects: `${test('operator')} a budget of the operator > counts what each call cost, not what it had reserved, and corrections too`,
  },
  {
    name: 'correction-counted-for-every-provider',
    file: at('0010_operator'),
    find: ' and (b.provider is null or e.provider = b.provider)\n        and (p_corrections',
    replace: '\n        and (p_corrections',
    expects: `${test('operator')} a budget of the operator > by provider is moved by corrections of its own calls alone, late figures and adjustments alike`,
  },
  {
    name: 'plain-end-without-its-fence',
    file: at('0012_closing'),
    find: 'and p.fence = c.fence and p.holder = c.holder',
    replace: '',
    expects: `${test('keys')} after the process of the first call died > the old process, if it lives after all, finds itself stale, and its whole transaction is undone`,
  },
  {
    name: 'plain-end-of-a-permit-with-an-open-call',
    file: at('0012_closing'),
    find: "and bool_and((e.state in ('pending', 'sent')) = (e.id is not distinct from c.event_id)) as is_plain,",
    replace: 'as is_plain,',
    expects: `${test('settlement')} provider calls > without an outcome are posted at their reserve: they may have been served`,
  },
  {
    name: 'a-repeat-is-denied',
    file: at('0003_batches'),
    find: 'if v_answer is not null and q.key_hash is not null and not p_repeats then',
    replace: 'if false then',
    expects: `${test('keys')} a repeat > gets the stored answer, whatever the limits say now, and charges nothing`,
  },
];
