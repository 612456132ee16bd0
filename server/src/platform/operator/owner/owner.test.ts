import { statement } from '#platform/db';
import { temporaryFolder } from '@plinth/testkit/services';
import { testApp } from '@plinth/testkit/services/app';
import { expect, test } from 'vitest';
import { ensureOwner, type OwnerParts } from './owner.ts';

const { app, db } = await testApp({ work: false });
const { identity, entitlements } = app.modules;
const folder = temporaryFolder();

/** A start of a program that has all products but these. */
function start(...without: readonly string[]): Promise<void> {
  const catalogues = new Map([...entitlements.catalogues].filter(([product]) => !without.includes(product)));
  const parts: OwnerParts = { db: app.modules.db, identity, entitlements: { ...entitlements, catalogues } };
  return ensureOwner(parts, folder);
}

const grantsOfOwner = () =>
  db.asMigrator(
    statement<{ product: string; plan: string | null; kind: string; revoked: boolean }>(
      `select g.product, g.plan, a.kind, g.revoked_at is not null as revoked
         from entitlements.grants g join accounts.accounts a using (account_id) where g.source = 'owner' order by g.product`,
    ),
  );

test('the local owner has a plan of each product of a first start, and of those that a later one finds new: each once', async () => {
  const products = [...entitlements.catalogues.keys()].toSorted();
  const later = ['orbit', 'prism'];
  await start(...later);
  expect((await grantsOfOwner()).map(({ product }) => product)).toEqual(
    products.filter((product) => !later.includes(product)),
  );
  await Promise.all([start(), start()]);
  const all = await grantsOfOwner();
  expect(all.map(({ product }) => product)).toEqual(products);
  expect(all).toContainEqual({ product: 'orbit', plan: 'team', kind: 'organization', revoked: false });
  expect(all).toContainEqual({ product: 'prism', plan: 'prism_plus', kind: 'personal', revoked: false });
});

test('what an admin has ended stays ended at the next start', async () => {
  await db.asMigrator(
    statement(
      `update entitlements.grants set revoked_at = app.now() where product = 'orbit' and source = 'owner'`,
    ),
  );
  await start();
  expect((await grantsOfOwner()).filter(({ product }) => product === 'orbit')).toEqual([
    { product: 'orbit', plan: 'team', kind: 'organization', revoked: true },
  ]);
});
