import { decide } from '../../server/src/platform/limits/decide/decide.ts';
import { featureRules } from '../../server/src/platform/limits/decide/feature.ts';
import { ids } from '@plinth/testkit/factories';
import { limitsCatalogue } from '@plinth/testkit/fixtures/limits';
import type { Figures } from '../figures.ts';
import { median } from './rounds.ts';
import { FIVE } from './fixture.ts';

const BATCH = 100;
const ROUNDS = 50;
const FAILURES = 10_000_000;

/** What `decide` takes of this process alone, without a database: microseconds of CPU a decision of five limits, in batches of 100 of one account. */
export function costOfDeciding(): Figures {
  const holder = ids.next();
  const userId = ids.next();
  const rules = featureRules(limitsCatalogue(FIVE), 'use', FAILURES);
  const now = Date.now() * 1_000;
  const spender = { refused: null, keyExpiresAt: null, sessionExpiresAt: null, keyBudgets: [] };
  const state = {
    accountId: ids.next(),
    product: 'demo',
    zone: 'UTC',
    madeAt: now,
    anchor: null,
    timeline: [{ from: 0, until: null, plan: 'demo.only', source: 'admin', grants: FIVE.plans.only }],
    meters: new Map(),
    failuresElsewhere: [],
    staked: [],
    open: [],
    credits: [],
    spenders: new Map([[`${userId}  `, spender]]),
    keys: new Map(),
  };
  const leases = new Map([[holder, now + 30_000_000]]);
  const bounds = { now, holder, leases, operatorBudgets: [] };
  const requests = Array.from({ length: BATCH }, (_, n) => ({
    permitId: ids.next(),
    eventId: ids.next(),
    userId,
    feature: 'use',
    rules,
    units: 1,
    reserve: 100,
    least: 100,
    state: 'running' as const,
    provider: 'sandbox',
    requestId: 'request',
    key: { route: 'POST /use', keyHash: `call ${n}`, bodyHash: 'body' },
  }));
  const rounds = Array.from({ length: ROUNDS }, () => {
    const began = process.cpuUsage();
    const { decisions } = decide(state, requests, bounds);
    if (decisions.some(({ answer }) => answer.kind !== 'granted')) throw new Error('a request was denied');
    const { user, system } = process.cpuUsage(began);
    return (user + system) / BATCH;
  });
  return { decide_us: median(rounds) };
}
