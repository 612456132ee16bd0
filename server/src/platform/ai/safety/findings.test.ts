import { expect, test } from 'vitest';
import { DatabaseAway, type Database, statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom, type UserId } from '#platform/kernel';
import { testDatabase } from '@plinth/testkit/services';
import { createFindings, type SafetyFinding } from './findings.ts';

const USER = '0193a000-0000-7000-8000-00000000000a' as UserId;
const ACCOUNT = '0193a000-0000-7000-8000-000000000001' as AccountId;
const { db } = await testDatabase();
const counted: string[] = [];
const silent = { debug() {}, info() {}, warn() {}, error() {} };

function findingsOn(database: Database) {
  return createFindings({
    db: database,
    ids: createIds({ clock: systemClock, random: systemRandom }),
    logger: silent,
    metrics: { safetyFinding: (_product, status) => void counted.push(status), moderation() {} },
  });
}

const finding = (repeatOf?: string): SafetyFinding => ({
  source: 'precheck',
  status: 'crisis',
  kinds: ['intent'],
  rules: ['en.going_to_kill_self'],
  product: 'shop',
  route: 'POST /v1/generate',
  accountId: ACCOUNT,
  userId: USER,
  repeatOf,
});
const rows = async () =>
  (await db.user(USER, [statement<Record<string, unknown>>('select * from ai.safety_events')]))[0];

test('a finding is a row of its person, and a repeat adds none', async () => {
  const findings = findingsOn(db);
  findings.record(finding('k1'));
  await findings.idle();
  findings.record(finding('k1'));
  findings.record(finding('k2'));
  await findings.idle();
  expect(await rows()).toMatchObject([
    { account_id: ACCOUNT, status: 'crisis', kinds: ['intent'], rules: ['en.going_to_kill_self'] },
    { repeat_of: 'k2' },
  ]);
  expect(await findings.prune()).toBe(0);
});

test('figures tell days, products and kinds apart, and nothing of whose they are', async () => {
  const findings = findingsOn(db);
  const found = { ...finding(), product: 'prism' };
  findings.record({ ...found, kinds: ['intent', 'plan'] });
  findings.record({ ...found, status: 'caution', rules: ['user.said_safe'] });
  findings.record({ ...found, source: 'moderation', rules: ['user.said_safe'] });
  findings.record({ ...found, source: 'reply', status: 'caution', kinds: [] });
  findings.record({ ...found, source: 'moderation_failed', status: 'ok', kinds: ['method'] });
  await findings.idle();
  const of = { crisis: 2, concern: 0, caution: 1, helplines: 2, said_safe: 2 };
  const all = { name: 'prism', ...of, replies: 1, unmoderated: 1 };
  const { days, products, kinds } = await findings.figures({ product: 'prism' });
  expect(products).toEqual([all]);
  expect(days).toEqual([{ ...all, name: new Date().toISOString().slice(0, 10) }]);
  expect(kinds).toEqual([
    { name: 'intent', ...of, replies: 0, unmoderated: 0 },
    { ...all, name: 'plan', crisis: 1, caution: 0, helplines: 1, said_safe: 0, replies: 0, unmoderated: 0 },
  ]);
  const other = await findings.figures({ from: new Date(0) });
  expect(other.products.map(({ name, crisis }) => [name, crisis])).toEqual([
    ['prism', 2],
    ['shop', 2],
  ]);
  expect(await findings.figures({ until: new Date(0) })).toEqual({ days: [], products: [], kinds: [] });
});

test('a finding made while the database is away is written when it is back', async () => {
  let isAway = true;
  const user: Database['user'] = ((...asked: Parameters<Database['user']>) => {
    if (!isAway) return db.user(...asked);
    isAway = false;
    return Promise.reject(new DatabaseAway('away', undefined));
  }) as Database['user'];
  const before = (await rows()).length;
  const findings = findingsOn({ ...db, user });
  findings.record(finding());
  await findings.idle();
  expect(isAway).toBe(false);
  expect(await rows()).toHaveLength(before + 1);
});
