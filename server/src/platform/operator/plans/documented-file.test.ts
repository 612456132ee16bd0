import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { catalogueOf, UNLIMITED } from '#platform/entitlements';
import { usd } from '#platform/kernel';
import { readPlansFile } from './file.ts';
import { readPlans } from './read-plans.ts';

const page = readFileSync(new URL('../../../../../docs/plans-file.md', import.meta.url), 'utf8');

const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];

/** The catalogue that the file stands for, as a product in source declares it. */
const common = { kind: 'quota', per: 'month', by: 'account' } as const;
const notes = catalogueOf({
  key: 'notes',
  name: 'Notes AI',
  holds: 'both',
  limits: {
    summaries: common,
    at_once: { kind: 'concurrency', by: 'account' },
    model_cost: { kind: 'budget', per: 'day', by: 'account' },
    exports: common,
    members: { kind: 'gauge', by: 'account', unit: 'members' },
  },
  options: { sharing: 'boolean', largest_mb: 'number' },
  features: {
    summarize: {
      consumes: ['summaries', 'at_once', 'model_cost'],
      reserve: usd('0.05'),
      longestSeconds: 300,
      outside: 'operator',
    },
    export: {
      consumes: ['exports'],
      requires: ['sharing'],
      reserve: usd('0'),
      longestSeconds: 600,
      outside: 'operator',
    },
  },
  plans: {
    free: {
      name: 'Free',
      rank: 0,
      price: { currency: 'usd', monthly: 0 },
      grants: {
        summaries: 20,
        at_once: 1,
        model_cost: usd('0.20'),
        exports: 5,
        members: 1,
        sharing: false,
        largest_mb: 5,
      },
    },
    pro: {
      name: 'Pro',
      rank: 1,
      price: {
        currency: 'usd',
        monthly: 999,
        yearly: 9_900,
        also: { eur: { monthly: 899, yearly: 8_900 } },
      },
      trialDays: 14,
      trialNeedsCard: false,
      grants: {
        summaries: 1_000,
        at_once: 5,
        model_cost: usd('5'),
        exports: UNLIMITED,
        members: 1,
        sharing: true,
        largest_mb: 50,
      },
      overage: [{ limit: 'summaries', micros: usd('0.01'), also: { eur: usd('0.009') } }],
    },
    team: {
      name: 'Team',
      rank: 2,
      price: {
        currency: 'usd',
        monthly: 1_250,
        yearly: 12_500,
        also: { eur: { monthly: 1_150, yearly: 11_500 } },
      },
      perSeat: ['summaries', 'model_cost', 'members'],
      grants: {
        summaries: 1_500,
        at_once: 20,
        model_cost: usd('8'),
        exports: UNLIMITED,
        members: 1,
        sharing: true,
        largest_mb: 200,
      },
    },
  },
  addOns: {
    boost: {
      name: 'Team for a week',
      price: { currency: 'usd', once: 499, also: { eur: { once: 449 } } },
      days: 7,
      lifts: 'team',
    },
  },
  defaultPlan: 'free',
});

test('the example of the documentation is sound, and each short form reads as the declaration that it stands for', () => {
  const { catalogues, problems } = readPlans(example);
  expect(problems).toEqual([]);
  expect(catalogues).toEqual([notes]);
});

test('a file that the settings name must be there; the one of the working directory need not', async () => {
  const path = '/nowhere/plinth.plans.yaml';
  await expect(readPlansFile({ path, isNamed: true })).rejects.toThrow('there is no such file');
  expect(await readPlansFile({ path, isNamed: false })).toBeUndefined();
});
