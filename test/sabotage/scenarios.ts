import type { Patch } from './patch.ts';

const MONEY = 'test/billing/money.test.ts :: whatever way a payment provider is heard of >';
const PLANS = 'test/billing/plans.test.ts :: whatever way a payment provider is heard of >';
const ORDER = 'every order of its last six objects ends the same';

/** What is heard of a payment provider in any order, twice, late or not at all. */
export const SCENARIOS: readonly Patch[] = [
  {
    name: 'nothing-follows-from-payments',
    file: 'src/platform/billing/projection/projection.ts',
    find: "new Set(['subscription', 'invoice', 'payment'])",
    replace: "new Set(['subscription', 'invoice'])",
    expects: `${MONEY} a renewal fails, and is paid two days later: > ${ORDER}`,
  },
  {
    name: 'nothing-follows-from-subscriptions',
    file: 'src/platform/billing/projection/projection.ts',
    find: "new Set(['subscription', 'invoice', 'payment'])",
    replace: "new Set(['invoice', 'payment'])",
    expects: `${PLANS} a plan is bought and renewed twice: > ${ORDER}`,
  },
  {
    name: 'stale-answers-in-effect',
    file: 'src/platform/billing/inbox/objects/apply-object.ts',
    find: 'if (known.number > number) return undefined;',
    replace: '',
    expects: `${PLANS} an upgrade is paid at once for the rest of the month: > all answers ever fetched, twice and in random orders, end the same`,
  },
  {
    name: 'foreign-objects-stay-nobodys',
    file: 'src/platform/billing/inbox/store/fetch-tasks.ts',
    find: "state in ('waiting', 'foreign')",
    replace: "state = 'waiting'",
    expects: `${MONEY} a customer of ours also buys what is none of ours: > events that come twice, late and the newest first end the same`,
  },
  {
    name: 'orders-taken-for-one-too-early',
    file: 'test/billing/every-order.ts',
    find: "const place = `${after} ${createHash('sha256').update(state).digest('base64')}`;",
    replace: 'const place = `${after} ${state.length}`;',
    expects: 'test/billing/every-order.test.ts :: trying every order > finds each end of things that do not',
  },
];
