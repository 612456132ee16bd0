import type { Statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom, type UserId } from '#platform/kernel';
import { listDecisions } from '../memory/decisions/store.ts';
import { listVersions } from '../memory/documents/store.ts';
import { listPatterns } from '../memory/patterns/store.ts';
import { deleteDeparted, noteDeparted } from '../memory/sessions/departed.ts';
import { listSessions } from '../memory/sessions/store.ts';
import { searchLicenses } from '../admin/store.ts';
import { METRICS, readCauses, readSeries, readTenants } from '../analytics/activity-store.ts';

const ids = createIds({ clock: systemClock, random: systemRandom });
const id = ids.next();
const member = { accountId: ids.next<AccountId>(), userId: ids.next<UserId>() };
const every = {
  keyHashes: ['a'],
  tails: ['P3W8'],
  email: 'ada@example.com',
  accountId: id,
  id,
  status: 'active',
  tier: 'pro',
  expiresBefore: '2026-11-20T00:00:00Z',
  expiresAfter: '2026-11-20T00:00:00Z',
} as const;

const days = { from: '2026-11-01', until: '2026-12-01', least: id, limit: 1 };

/** Statements whose text only a run knows, as calls of what makes them: test/statements.test.ts has the database look at them. */
export const statements: Readonly<Record<string, readonly Statement[]>> = {
  'memory/sessions/store.ts listSessions': [
    listSessions(member, { after: undefined, limit: 1 }),
    listSessions(member, { level: 'team', authorId: id, after: { at: 1, id }, limit: 1 }),
  ],
  'memory/decisions/store.ts listDecisions': [
    listDecisions(member, { after: undefined, limit: 1 }),
    listDecisions(member, {
      status: 'accepted',
      level: 'team',
      authorId: id,
      after: { at: 1, id },
      limit: 1,
    }),
  ],
  'memory/documents/store.ts listVersions': [
    listVersions({ ...member, id }, { after: undefined, limit: 1 }),
    listVersions({ ...member, id }, { after: { at: 1, id }, limit: 1 }),
  ],
  'memory/patterns/store.ts listPatterns': [
    listPatterns(member, { after: undefined, limit: 1 }),
    listPatterns(member, { kind: 'practice', scope: 'team', after: { at: 1, id }, limit: 1 }),
  ],
  'memory/sessions/departed.ts noteDeparted': [noteDeparted('coditect.memory_decisions')],
  'memory/sessions/departed.ts deleteDeparted': [deleteDeparted('coditect.memory_decisions')],
  'analytics/activity-store.ts readTenants': [readTenants(days)],
  'analytics/activity-store.ts readSeries': [readSeries(days)],
  'analytics/activity-store.ts readCauses': METRICS.map((metric) =>
    readCauses(metric, [{ account_id: member.accountId, day: days.from }]),
  ),
  'admin/store.ts searchLicenses': [
    searchLicenses({}, { limit: 1 }),
    searchLicenses(every, { after: { at: 1, id }, limit: 1 }),
  ],
};
