import type { Patch } from './patch.ts';

const STORE_GRANTS = 'src/platform/entitlements/provider-grants.ts';
const EFFECTIVE = 'src/platform/entitlements/effective.ts';
const COUNTING = 'src/platform/billing/functions/overage.sql';
const GRANTED = 'src/platform/entitlements/provider-grants.test.ts ::';
const OVERAGE = 'test/billing/overage.test.ts ::';

/** What providers grant, seats, and units past a limit. */
export const PROVIDER_GRANTS: readonly Patch[] = [
  {
    name: 'what-a-store-takes-back-stays',
    file: STORE_GRANTS,
    find: 'await tx.runAll([keep(wanted, rows), endOthers(wanted)]);',
    replace: 'await tx.runAll([keep(wanted, rows)]);',
    expects: `${GRANTED} what a payment provider grants > ends now when the provider grants it no more, and is back when it does`,
  },
  {
    name: 'bought-days-follow-the-catalogue',
    file: STORE_GRANTS,
    find: 'coalesce(former.days, next.days), next.revoked_at',
    replace: 'next.days, next.revoked_at',
    expects: `${GRANTED} what a payment provider grants > of an add-on lasts as long as it was sold for, whatever the catalogue says later`,
  },
  {
    name: 'grants-of-one-instant-in-order-of-arrival',
    file: 'src/platform/entitlements/timeline.ts',
    find: 'return `${source} ${externalId ?? id}`;',
    replace: 'return `${source} ${externalId === null ? id : id}`;',
    expects: `src/platform/entitlements/timeline.test.ts :: purchases of one instant stand in the order of their store’s names, whichever we heard of first`,
  },
  {
    name: 'seats-multiply-nothing',
    file: 'src/platform/entitlements/effective.ts',
    find: 'if (perSeat === undefined || seats === 1) return grants;',
    replace: 'if (perSeat === undefined || seats >= 1) return grants;',
    expects: `${GRANTED} what a payment provider grants > has as many seats as were bought, of what is sold by the seat`,
  },
  {
    name: 'overage-where-nobody-bills-it',
    file: EFFECTIVE,
    find: "new Set(['stripe'])",
    replace: "new Set(['stripe', 'google_play'])",
    expects: `${GRANTED} how far an account lets a limit be passed > is nothing on a plan that does not sell it, or that no provider with meters bills`,
  },
  {
    name: 'overage-in-a-trial',
    file: EFFECTIVE,
    find: 'bought && billsPast && METERED',
    replace: 'bought && METERED',
    expects: `${GRANTED} how far an account lets a limit be passed > is nothing in a trial, which no provider bills units of, and granted by itself when it ends`,
  },
  {
    name: 'overage-by-the-smaller-plan',
    file: COUNTING,
    find: "o.open_since - interval '1 minute', v_now);",
    replace: 'v_now, v_now);',
    expects: `${OVERAGE} units past a limit > are only those past the bigger plan of whoever goes to a smaller one`,
  },
  {
    name: 'overage-counted-from-the-beginning',
    file: 'src/platform/billing/overage/service.ts',
    find: 'if (most > 0) await tx.run(beginOverage(accountId, product, limit));',
    replace: 'if (most < 0) await tx.run(beginOverage(accountId, product, limit));',
    expects: `${OVERAGE} units past a limit > are billed once, however often they are counted`,
  },
  {
    name: 'overage-counted-twice',
    file: COUNTING,
    find: 'counted = greatest(t.counted, v_total)',
    replace: 'counted = t.counted',
    expects: `${OVERAGE} units past a limit > are billed once, however often they are counted`,
  },
  {
    name: 'overage-waits-for-one-account',
    file: 'src/platform/billing/overage/reporting.ts',
    find: 'failures.push(error);',
    replace: 'throw error;',
    expects: `${OVERAGE} what the provider is told > of an account that could not be counted keeps no other one waiting`,
  },
  {
    name: 'overage-told-to-nobody',
    file: 'src/platform/billing/providers/stripe/meters.ts',
    find: 'if (payer.deleted === true)',
    replace: "if (payer.deleted === true && customer === '')",
    expects: `${OVERAGE} what the provider is told > is refused for a customer whom the provider has no longer, rather than told to nobody`,
  },
  {
    name: 'overage-told-under-a-new-name',
    file: 'src/platform/billing/providers/stripe/meters.ts',
    find: 'async report({ id, customer, units, at, ...what }) {',
    replace:
      'async report({ id: former, customer, units, at, ...what }) {\n      const id = `${former} ${Math.random()}`;',
    expects: `${OVERAGE} what the provider is told > is told once by whoever is killed after billing.change`,
  },
  {
    name: 'overage-told-again-after-a-day',
    file: 'src/platform/billing/overage/store.ts',
    find: "(asked_at < app.now() - interval '23 hours' or",
    replace: "(asked_at < app.now() - interval '23 years' or",
    expects: `${OVERAGE} what the provider is told > is left to the operator when nobody knows for a day whether it arrived`,
  },
  {
    name: 'smaller-plan-fits-whatever-is-there',
    file: 'src/platform/limits/fitting.ts',
    find: "where used > (rule->>'max')::bigint",
    replace: "where used > (rule->>'max')::bigint + 1000",
    expects:
      'src/platform/limits/fitting.test.ts :: what a plan has no room for is listed: stored things, members and machines at work, and nothing that comes back by itself',
  },
];
