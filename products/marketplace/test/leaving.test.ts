import { unzipSync } from 'fflate';
import { statement } from '#platform/db';
import { expect, test } from 'vitest';
import { leavingOf } from '../../../test/erasure/fixture.ts';
import { openSellingApp } from '../../../test/selling/fixture.ts';
import type { Customer, Reply } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { developerIn, publish } from './fixture.ts';
import { manifestOf, outcomeOf, pluginDeveloper } from './plugin-developer.ts';

const shop = await openSellingApp();
// Its jobs run here.
const app = await shop.beside({ work: true });
const { close, erase, later, resident } = leavingOf(app);
const { buy, db, drainEvents } = shop;

const call = async (by: Pick<Customer, 'key'>, what: string, body?: object): Promise<Reply> => {
  await forgetRates(app);
  return app.call(by.key, what, body === undefined ? {} : { body });
};
const install = (by: Customer, id: string) =>
  call(by, `POST /v1/plugins/${id}/install`, {
    plugin_id: id,
    accept_permissions: [],
    agreed: { amount: 741, currency: 'eur' },
  });
const rows = <Row>(text: string, ...values: readonly unknown[]) =>
  db.asMigrator(statement<Row>(text, values));

/** Rows of an account's export, of each table that has some. */
async function exported({ token, accountId }: { token: string; accountId: string }) {
  await forgetRates(app);
  const { body } = await app.call(token, `POST /v1/organizations/${accountId}/exports`);
  const id = String(body['id']);
  const state = () => rows<{ status: string }>('select status from erasure.exports where id = $1', id);
  await expect.poll(async () => (await state())[0]?.status, { timeout: 120_000 }).toBe('ready');
  const headers = { authorization: `Bearer ${token}` };
  const archive = await fetch(`${app.url}/v1/me/exports/${id}/archive`, { headers });
  const files = unzipSync(new Uint8Array(await archive.arrayBuffer()));
  return (table: string): unknown[] =>
    JSON.parse(Buffer.from(files[`account/${table}.json`] ?? []).toString('utf8') || '[]') as unknown[];
}

const seller = await resident('adiuva.power');
const developer = await pluginDeveloper(app, seller);
await developerIn({ db, customer: async () => seller });
const [buyer, rater, other] = [await resident(), await resident('adiuva.power'), await resident()];
for (const who of [buyer, other]) await buy(who, { product: 'adiuva', plan: 'power' });

test('exports have both sides; who buys from a developer who is erased keeps it, and nobody else is sold it or gets its id', async () => {
  const bytes = Buffer.from('a package that outlives its developer');
  await publish(shop, { id: 'left-behind', developer: seller.accountId, price: 741, bytes });
  await publish(shop, { id: 'for-nothing', developer: seller.accountId });
  expect(outcomeOf(await install(buyer, 'left-behind'))).toBe('200');
  await drainEvents();
  for (const [who, id, stars] of [
    [buyer, 'left-behind', 5],
    [rater, 'for-nothing', 4],
  ] as const) {
    await install(who, id);
    expect(outcomeOf(await call(who, `PUT /v1/plugins/${id}/rating`, { stars }))).toBe('200');
  }

  const ofSeller = await exported(seller);
  expect(ofSeller('adiuva.developer_keys')).toMatchObject([{ id: developer.keyId }]);
  expect(ofSeller('adiuva.plugins')).toHaveLength(2);
  expect(ofSeller('adiuva.plugin_versions')).toHaveLength(2);
  expect(ofSeller('billing.payees')).toHaveLength(1);
  expect(ofSeller('adiuva.plugin_installs')).toEqual([]);
  const ofBuyer = await exported(buyer);
  expect(ofBuyer('adiuva.plugin_installs')).toMatchObject([
    { plugin_id: 'left-behind', stars: 5, is_installed: true },
  ]);
  expect(ofBuyer('billing.item_sales')).toMatchObject([{ item: 'left-behind', amount: 741 }]);
  expect(ofBuyer('adiuva.plugins')).toEqual([]);

  for (const who of [seller, rater]) expect(outcomeOf(await close(who))).toBe('200');
  await later('15 days');
  await erase();
  await app.app.modules.blobs.sweep();
  const sums =
    'select developer, ratings::int as ratings, stars::int as stars from adiuva.plugins where id = $1';
  // A rating counts on, without the rater's name.
  expect(await rows(sums, 'for-nothing')).toEqual([{ developer: null, ratings: 1, stars: 4 }]);
  expect(await rows('select 1 from adiuva.plugin_installs where account_id = $1', rater.accountId)).toEqual(
    [],
  );

  for (const who of [buyer, other])
    if (outcomeOf(await call(who, 'GET /v1/plugins')) !== '200')
      await buy(who, { product: 'adiuva', plan: 'power' });
  const given = await install(buyer, 'left-behind');
  expect(outcomeOf(given)).toBe('200');
  const sent = await fetch(String(given.body['download_url']));
  expect(Buffer.from(await sent.arrayBuffer()).equals(bytes)).toBe(true);
  expect((await call(buyer, 'GET /v1/plugins/left-behind')).body).toMatchObject({
    orphaned: true,
    offered: false,
    bought: true,
  });
  expect(outcomeOf(await install(other, 'left-behind'))).toBe('409 plugin_not_offered');
  expect((await call(other, 'GET /v1/plugins?q=left')).body).toMatchObject({ total: 0 });
  const next = await pluginDeveloper(app);
  for (const id of ['left-behind', 'for-nothing'])
    expect(outcomeOf(await next.submit(manifestOf({ id, name: 'Another name', version: '9.0.0' })))).toBe(
      '409 plugin_id_taken',
    );
});
