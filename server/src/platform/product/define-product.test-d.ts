import { usd } from '#platform/kernel';
import { defineProduct } from './define-product.ts';

/** Declarations that must not compile: `tsc` fails where one of them does. Nothing runs this file. */
const limits = { calls: { kind: 'quota', per: 'month', by: 'account' } } as const;
const options = { variants: 'number', exports: 'boolean' } as const;
const chat = {
  consumes: ['calls'],
  requires: ['exports'],
  reserve: usd('0.01'),
  longestSeconds: 60,
} as const;
const price = { currency: 'usd', monthly: 0 } as const;
const grants = { calls: 1, variants: 1, exports: true };
const plans = { free: { name: 'Free', rank: 1, price, grants } };
const parts = { key: 'demo', name: 'Demo', holds: 'both', routes: [], service: () => ({}) } as const;

/** The sound product that the others differ from by one mistake each; this one compiles. */
export const sound = defineProduct({
  ...parts,
  limits,
  options,
  features: { chat },
  plans,
  addOns: { boost: { name: 'Boost', price: { currency: 'usd', once: 100 }, days: 30, lifts: 'free' } },
  defaultPlan: 'free',
});

export const mistakes = [
  defineProduct({
    ...parts,
    limits,
    options,
    features: { chat },
    // @ts-expect-error a plan forgets a limit
    plans: { free: { name: 'Free', rank: 1, price, grants: { variants: 1, exports: true } } },
  }),
  defineProduct({
    ...parts,
    limits,
    options,
    features: { chat },
    // @ts-expect-error a plan forgets an option
    plans: { free: { name: 'Free', rank: 1, price, grants: { calls: 1, variants: 1 } } },
  }),
  defineProduct({
    ...parts,
    limits,
    options,
    features: { chat },
    plans: {
      free: { name: 'Free', rank: 1, price, grants },
      // @ts-expect-error one plan of two forgets a limit
      paid: { name: 'Paid', rank: 2, price, grants: { variants: 1, exports: true } },
    },
  }),
  defineProduct({
    ...parts,
    limits,
    options,
    features: { chat },
    plans: {
      // @ts-expect-error a plan grants a limit that is not declared
      free: { ...plans.free, grants: { calls: 1, variants: 1, exports: true, cals: 1 } },
    },
  }),
  defineProduct({
    ...parts,
    limits,
    options,
    features: { chat },
    // @ts-expect-error a boolean option is granted as a number
    plans: { free: { name: 'Free', rank: 1, price, grants: { calls: 1, variants: 1, exports: 1 } } },
  }),
  defineProduct({
    ...parts,
    limits,
    options,
    // @ts-expect-error a feature consumes an undeclared limit
    features: { chat: { ...chat, consumes: ['tokens'] } },
    plans,
  }),
  defineProduct({
    ...parts,
    limits,
    options,
    // @ts-expect-error a feature requires an option that is a number
    features: { chat: { ...chat, requires: ['variants'] } },
    plans,
  }),
  defineProduct({
    ...parts,
    limits,
    options,
    features: { chat },
    plans,
    // @ts-expect-error an add-on lifts to an unknown plan
    addOns: { boost: { name: 'Boost', price: { currency: 'usd', once: 100 }, days: 30, lifts: 'pro' } },
  }),
  defineProduct({
    ...parts,
    limits,
    options,
    features: { chat },
    plans,
    addOns: {
      // @ts-expect-error a pack adds credits of an undeclared limit
      pack: { name: 'Pack', price: { currency: 'usd', once: 100 }, limit: 'coins', credits: 9, months: 1 },
    },
  }),
  defineProduct({
    ...parts,
    limits,
    options,
    features: { chat },
    plans,
    // @ts-expect-error the default plan is unknown
    defaultPlan: 'pro',
  }),
  defineProduct({
    ...parts,
    limits,
    features: { chat: { ...chat, requires: [] } },
    // @ts-expect-error without options a plan grants limits alone
    plans: { free: { name: 'Free', rank: 1, price, grants: { calls: 1, variants: 1 } } },
  }),
];
