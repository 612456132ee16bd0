import type { Statement } from '#platform/db';
import { CATALOGUE_SORTS, type CatalogueQuery, countPlugins, listPlugins } from '../catalogue/store.ts';

/** With each order, and with each way to look for something. */
const lookedFor: readonly CatalogueQuery[] = CATALOGUE_SORTS.flatMap((sort) =>
  [undefined, 'time sh', '"time sheets"'].flatMap((q) =>
    (['notes', undefined] as const).map((category) => ({ category, q, page: 1, sort })),
  ),
);

/** Statements whose text only a run knows, as calls of what makes them: test/statements.test.ts has the database look at them. */
export const statements: Readonly<Record<string, readonly Statement[]>> = {
  'catalogue/store.ts listPlugins': lookedFor.map(listPlugins),
  'catalogue/store.ts countPlugins': lookedFor.map(countPlugins),
};
