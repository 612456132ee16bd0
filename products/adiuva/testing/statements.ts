import type { Statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom, type UserId } from '#platform/kernel';
import { listRecords } from '../records/store.ts';

const ids = createIds({ clock: systemClock, random: systemRandom });
const member = { accountId: ids.next<AccountId>(), userId: ids.next<UserId>() };

/** Statements whose text only a run knows, as calls of what makes them: test/statements.test.ts has the database look at them. */
export const statements: Readonly<Record<string, readonly Statement[]>> = {
  'records/store.ts listRecords': [undefined, { at: 1, id: ids.next() }].flatMap((after) =>
    ['notes', undefined].map((table) => listRecords(member, { table, after, skip: 0, limit: 1 })),
  ),
};
