import { list, setting, text, toggle } from './setting.ts';

/** Which products run (docs/runbook.md). */
export const PRODUCT_SETTINGS = {
  PRODUCTS: setting(
    list
      .refine(
        (all) => all.every((key) => /^[a-z][a-z0-9_]*$/.test(key)),
        'must be keys of products, separated by commas',
      )
      .default([]),
    {
      group: 'Server',
      says: 'Comma-separated keys of the products that run (docs/runbook.md); the others are off. Not set: all that the program has. The same for all processes.',
      example: 'reel,gateway',
    },
  ),
  PLANS_FILE: setting(text.optional(), {
    group: 'Server',
    says: 'The file of products that are plans alone (docs/plans-file.md), read again within seconds when it changes. Not set: plinth.plans.yaml in the working directory, if it is there.',
    example: './plinth.plans.yaml',
  }),
  PRODUCTS_OFF_WITH_SUBSCRIPTIONS: setting(toggle.optional(), {
    group: 'Server',
    says: 'true to start in production although subscriptions still pay for a product that is off.',
  }),
} as const;
