import { statement } from '#platform/db';
import type { Furnishings } from '@plinth/testkit/walkers/people';

/** How an account comes by a secret of a product that calls are made with, by the module that knows it: a new one each time, or the one that it has. */
export const PRODUCT_KEYS: NonNullable<Furnishings['productKeys']> = {
  // The one of ./fakes.ts.
  fake: async (_app, accountId) => `fake-key-of-${accountId}`,
  'coditect/licences': async ({ app, db }, accountId) => {
    const licenses = statement<{ id: string; key_sealed: string }>(
      'select id, key_sealed from coditect.licenses where account_id = $1',
      [accountId],
    );
    const [row] = await db.asMigrator(licenses);
    if (row === undefined) throw new Error('an account that should have a licence has none');
    return app.modules.secrets.open(row.key_sealed, `coditect.licenses.key_sealed/${accountId}/${row.id}`);
  },
};
