import type { Statement } from '#platform/db';
import { createIds, systemClock, systemRandom } from '#platform/kernel';
import { searchLicenses } from '../admin/store.ts';

const ids = createIds({ clock: systemClock, random: systemRandom });
const id = ids.next();
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

/** Statements whose text only a run knows, as calls of what makes them: test/statements.test.ts has the database look at them. */
export const statements: Readonly<Record<string, readonly Statement[]>> = {
  'admin/store.ts searchLicenses': [
    searchLicenses({}, { limit: 1 }),
    searchLicenses(every, { after: { at: 1, id }, limit: 1 }),
  ],
};
