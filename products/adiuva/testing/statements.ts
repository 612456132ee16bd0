import type { Statement } from '#platform/db';
import { type AccountId, createIds, systemClock, systemRandom, type UserId } from '#platform/kernel';
import {
  CATALOGUE_SORTS,
  type CatalogueQuery,
  countPlugins,
  listPlugins,
} from '../marketplace/catalogue/store.ts';
import { listRecords } from '../records/store.ts';

const ids = createIds({ clock: systemClock, random: systemRandom });
const member = { accountId: ids.next<AccountId>(), userId: ids.next<UserId>() };

/** With each order, and with each way to look for something. */
const lookedFor: readonly CatalogueQuery[] = CATALOGUE_SORTS.flatMap((sort) =>
  [undefined, 'time sh', '"time sheets"'].flatMap((q) =>
    (['notes', undefined] as const).map((category) => ({ category, q, page: 1, sort })),
  ),
);

/** Statements whose text only a run knows, as calls of what makes them: test/statements.test.ts has the database look at them. */
export const statements: Readonly<Record<string, readonly Statement[]>> = {
  'records/store.ts listRecords': [undefined, { at: 1, id: ids.next() }].flatMap((after) =>
    ['notes', undefined].map((table) => listRecords(member, { table, after, skip: 0, limit: 1 })),
  ),
  'marketplace/catalogue/store.ts listPlugins': lookedFor.map(listPlugins),
  'marketplace/catalogue/store.ts countPlugins': lookedFor.map(countPlugins),
};
