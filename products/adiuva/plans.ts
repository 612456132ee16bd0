import { declareCatalogue, UNLIMITED, usd } from 'plinth/product';

const GB = 1_000_000_000;

/** Adiuva's plans: the table of docs/adiuva.md. The only place where these numbers stand. */
export const adiuvaCatalogue = declareCatalogue({
  key: 'adiuva',
  name: 'Adiuva',
  holds: 'both',
  tiers: true,
  limits: {
    /** Model cost of all calls of a day. */
    daily_cost: { kind: 'budget', per: 'day', by: 'account' },
    /** Calls a minute; of a plan by seats, of each member. */
    requests: { kind: 'rate', by: 'member' },
    /** Bytes of records and of vectors' blobs. */
    storage: { kind: 'gauge', by: 'account', unit: 'bytes' },
    /** Bytes of all backups that are kept. */
    backup: { kind: 'gauge', by: 'account', unit: 'bytes' },
  },
  options: {
    /** Agents that may be routed to: 3 are task, project and note. */
    agents: 'number',
    /** Batches that the client may have active at once. Only the client can hold to it. */
    active_batches: 'number',
    /** Model providers that the client may connect. Only the client can hold to it. */
    providers: 'number',
    /** Playbooks and prompt templates beyond the free ones. */
    playbooks: 'boolean',
    batch_builder: 'boolean',
    plugin_marketplace: 'boolean',
    sso: 'boolean',
    /** How many of the newest backups are kept. */
    backups_kept: 'number',
  },
  features: {
    // One question: routing, up to five rounds of each agent, merging.
    chat: { consumes: ['daily_cost'], reserve: usd('0.02'), longestSeconds: 600 },
    // Which agent takes it: a call under the permit of a chat, with a policy of its own.
    routing: { consumes: ['daily_cost'], reserve: usd('0.001'), longestSeconds: 60 },
    // A plan in place of an answer: the same.
    planning: { consumes: ['daily_cost'], reserve: usd('0.002'), longestSeconds: 120 },
    // One step of a plan that the client runs.
    step: { consumes: ['daily_cost'], reserve: usd('0.01'), longestSeconds: 300 },
  },
  plans: {
    free: {
      name: 'Free',
      rank: 0,
      price: { currency: 'eur', monthly: 0 },
      grants: {
        daily_cost: usd('0.10'),
        requests: 20,
        storage: 0,
        backup: 0,
        agents: 3,
        active_batches: 2,
        providers: 1,
        playbooks: false,
        batch_builder: false,
        plugin_marketplace: false,
        sso: false,
        backups_kept: 0,
      },
    },
    pro: {
      name: 'Pro',
      rank: 1,
      price: { currency: 'eur', monthly: 1_500, also: { usd: { monthly: 1_700 } } },
      grants: {
        daily_cost: usd('1'),
        requests: 60,
        storage: 5 * GB,
        backup: 5 * GB,
        agents: UNLIMITED,
        active_batches: 10,
        providers: UNLIMITED,
        playbooks: true,
        batch_builder: false,
        plugin_marketplace: false,
        sso: false,
        backups_kept: 10,
      },
    },
    power: {
      name: 'Power',
      rank: 2,
      price: { currency: 'eur', monthly: 2_900, also: { usd: { monthly: 3_300 } } },
      grants: {
        daily_cost: usd('4'),
        requests: 120,
        storage: 25 * GB,
        backup: 25 * GB,
        agents: UNLIMITED,
        active_batches: UNLIMITED,
        providers: UNLIMITED,
        playbooks: true,
        batch_builder: true,
        plugin_marketplace: true,
        sso: false,
        backups_kept: 30,
      },
    },
    team: {
      name: 'Team',
      rank: 3,
      price: { currency: 'eur', monthly: 4_900, also: { usd: { monthly: 5_500 } } },
      perSeat: ['daily_cost'],
      grants: {
        daily_cost: usd('4'),
        requests: 200,
        storage: UNLIMITED,
        backup: UNLIMITED,
        agents: UNLIMITED,
        active_batches: UNLIMITED,
        providers: UNLIMITED,
        playbooks: true,
        batch_builder: true,
        plugin_marketplace: true,
        sso: true,
        backups_kept: 90,
      },
    },
  },
  defaultPlan: 'free',
});
