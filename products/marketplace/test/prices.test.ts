import { statement } from '#platform/db';
import { expect, test } from 'vitest';
import { openSellingApp } from '../../../test/selling/fixture.ts';
import { developerIn, publish } from './fixture.ts';
import { outcomeOf } from './plugin-developer.ts';

const shop = await openSellingApp();
const { buy, call, customer, db, stripe } = shop;

const charged = async () =>
  (await stripe.charges.list({ limit: 100 })).data.filter(({ amount }) => amount === 100_000);

test('a plugin that became dearer since it was shown is not charged before its buyer agrees to the new price', async () => {
  await publish(shop, { id: 'risen', price: 500, developer: await developerIn(shop) });
  const who = await customer();
  await buy(who, { product: 'adiuva', plan: 'power' });
  await db.asMigrator(statement(`update adiuva.plugins set price_cents = 100000 where id = 'risen'`));
  const install = (agreed?: object) =>
    call(who.key, 'POST /v1/plugins/risen/install', {
      body: { plugin_id: 'risen', ...(agreed && { agreed }) },
    });
  const [shown, present] = [500, 100_000].map((amount) => ({ amount, currency: 'eur' }));
  expect(await install(shown)).toMatchObject({
    status: 409,
    body: { error: { code: 'price_changed', details: { price: present } } },
  });
  expect(await install()).toMatchObject({
    status: 400,
    body: { error: { code: 'validation_failed', details: { issues: [{ path: 'body.agreed' }] } } },
  });
  expect(await charged()).toEqual([]);
  expect(outcomeOf(await install(present))).toBe('200');
  // A bought plugin costs nothing more, at any agreed price.
  expect(outcomeOf(await install(shown))).toBe('200');
  expect(await charged()).toHaveLength(1);
});
