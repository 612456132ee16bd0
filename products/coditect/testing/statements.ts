import type { Statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom } from '#platform/kernel';
import { METRICS, readCauses, readSeries, readTenants } from '../analytics/activity-store.ts';

const ids = createIds({ clock: systemClock, random: systemRandom });
const id = ids.next();
const days = { from: '2026-11-01', until: '2026-12-01', least: id, limit: 1 };

/** Statements whose text only a run knows, as calls of what makes them: test/statements.test.ts has the database look at them. */
export const statements: Readonly<Record<string, readonly Statement[]>> = {
  'analytics/activity-store.ts readTenants': [readTenants(days)],
  'analytics/activity-store.ts readSeries': [readSeries(days)],
  'analytics/activity-store.ts readCauses': METRICS.map((metric) =>
    readCauses(metric, [{ account_id: ids.next<AccountId>(), day: days.from }]),
  ),
};
