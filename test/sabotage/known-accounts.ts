import type { Patch } from './patch.ts';

const WITHIN = 'src/platform/limits/functions/within.sql';
const CHANGED =
  'src/platform/limits/within-changes.test.ts :: what another process has changed is judged at once >';
const FILLED = 'src/platform/limits/within.test.ts :: a limit that another process has filled > denies:';
const KNOWN = 'src/platform/limits/within.test.ts ::';

/** What a process knows of accounts, and the database compares. */
export const KNOWN_ACCOUNTS: readonly Patch[] = [
  {
    name: 'known-plan-not-compared',
    file: WITHIN,
    find: 'if v.version is distinct from p_basis.version or v.version is null',
    replace: 'if v.version is null',
    expects: `${CHANGED} a plan that was taken away, and one that gives less`,
  },
  {
    name: 'known-default-plan-not-compared',
    file: WITHIN,
    find: 'v.version is null and entitlements.ungranted',
    replace: 'false and entitlements.ungranted',
    expects: `${CHANGED} a default plan, which no grant of the account says`,
  },
  {
    name: 'known-spender-not-asked',
    file: WITHIN,
    find: 'v.refused is not null or v.key_budgets',
    replace: 'v.key_budgets',
    expects: `${CHANGED} an account that is suspended`,
  },
  {
    name: 'known-key-budgets-not-compared',
    file: WITHIN,
    find: 'v.refused is not null or v.key_budgets is distinct from p_basis.key_budgets',
    replace: 'v.refused is not null',
    expects: `${CHANGED} a budget of the key`,
  },
  {
    name: 'known-holder-not-asked',
    file: WITHIN,
    find: "if not v.lives then return 'holder'; end if;",
    replace: '',
    expects: `${CHANGED} a process whose lease has ended admits nobody`,
  },
  {
    name: 'known-until-not-asked',
    file: WITHIN,
    find: 'v_now < p_basis.since or v_now >= p_basis.until',
    replace: 'v_now < p_basis.since',
    expects: `${CHANGED} a plan bites at the very instant that it ends`,
  },
  {
    name: 'known-clock-not-asked',
    file: WITHIN,
    find: 'v.is_ahead or ',
    replace: '',
    expects: `${KNOWN} windows of one who is known > under a clock that was set back are judged under the lock`,
  },
  {
    name: 'known-operator-not-asked',
    file: WITHIN,
    find: "if v_closed is not null then return 'operator'; end if;",
    replace: '',
    expects: `${CHANGED} a budget of the operator, closed and open`,
  },
  {
    name: 'known-failures-not-asked',
    file: WITHIN,
    find: "if v_failed >= p_basis.borne then return 'failures'; end if;",
    replace: '',
    expects: `${CHANGED} what the operator bears of failed calls`,
  },
  {
    name: 'known-sum-not-bounded',
    file: WITHIN,
    find: "if v_used > b.most then return 'full'; end if;",
    replace: '',
    expects: `${FILLED} a quota`,
  },
  {
    name: 'known-places-not-counted',
    file: WITHIN,
    find: 'o.open + cardinality(p_requests) > place.most',
    replace: 'o.open + cardinality(p_requests) > place.most + 1',
    expects: `${FILLED} places`,
  },
  {
    name: 'known-open-permits-fewer-than-there-are',
    file: WITHIN,
    find: 'if v.open + cardinality(p_requests) > any (p_basis.places) and',
    replace: 'if v.open > any (p_basis.places) and',
    expects: `${FILLED} places`,
  },
  {
    name: 'known-slide-not-bounded',
    file: WITHIN,
    find: "if limits.used_within(m, b.kind, v_now) + b.amount > b.most then return 'full'; end if;",
    replace: '',
    expects: `${FILLED} a burst that slides`,
  },
  {
    name: 'known-pause-not-asked',
    file: WITHIN,
    find: "if m.starts[v_at] > v_now then return 'pause'; end if;",
    replace: '',
    expects: `${FILLED} a pause`,
  },
  {
    name: 'known-alert-not-left',
    file: WITHIN,
    find: "then return 'alert'; end if;",
    replace: 'then null; end if;',
    expects: `${KNOWN} windows of one who is known > that fill up are told of at 80 and 100 percent`,
  },
  {
    name: 'known-zoned-window-begins',
    file: WITHIN,
    find: "m.starts[v_at] > b.start or b.kind = 'stays' and m.starts[v_at] is distinct from b.start",
    replace: 'm.starts[v_at] > b.start',
    expects: `${KNOWN} windows of one who is known > are new when they are: of UTC by what is known, of a zone and a billing period under the lock first`,
  },
];
