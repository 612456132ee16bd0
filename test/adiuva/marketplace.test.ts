import { statement } from '#platform/db';
import { beforeAll, describe, expect, test } from 'vitest';
import { openSellingApp } from '../selling/fixture.ts';
import { forgetRates } from '../services/forget-rates.ts';
import type { CallOptions, Customer, Reply } from '../services/app.ts';
import { developerIn, publish, type Published } from './market-fixture.ts';

const shop = await openSellingApp();
const { customer, db, drainEvents, buy, sandbox, stripe } = shop;
const developer = await developerIn(shop);

const call = async (by: Pick<Customer, 'key'>, what: string, body?: object): Promise<Reply> => {
  await forgetRates(shop);
  return shop.call(by.key, what, body === undefined ? {} : ({ body } as CallOptions));
};
const outcome = ({ status, body }: Reply) => {
  const { code } = (body['error'] ?? {}) as { readonly code?: string };
  return code === undefined ? String(status) : `${status} ${code}`;
};
const details = ({ body }: Reply) =>
  (body['error'] as { readonly details?: Record<string, unknown> }).details;
const install = (by: Pick<Customer, 'key'>, id: string, more: object = {}) =>
  call(by, `POST /v1/plugins/${id}/install`, { plugin_id: id, ...more });
const read = async (by: Pick<Customer, 'key'>, id: string) => (await call(by, `GET /v1/plugins/${id}`)).body;
const offer = (plugin: Partial<Published> & { readonly id: string }) =>
  publish(shop, { developer, ...plugin });
const has = async (by: Customer, id: string) => {
  const { installed, bought } = await read(by, id);
  return [installed, bought];
};
const set = (id: string, what: string) =>
  db.asMigrator(statement(`update adiuva.plugins set ${what} where id = $1`, [id]));

/** On Power, with a card that the provider has kept. */
async function cardHolder(): Promise<Customer> {
  const who = await customer();
  await buy(who, { product: 'adiuva', plan: 'power' });
  return who;
}
const charges = async (amount: number) =>
  (await stripe.charges.list({ limit: 100 })).data.filter((charge) => charge.amount === amount);

describe('a free plugin', () => {
  test('is found, read, installed, downloaded, rated, listed and uninstalled', async () => {
    const bytes = Buffer.from('a package of octets');
    await offer({ id: 'day-planner', name: 'Day planner', permissions: ['read_tasks'], bytes });
    const who = await customer('adiuva.power');
    expect(await call(who, 'GET /v1/plugins?q=plann&sort=newest')).toMatchObject({
      status: 200,
      body: {
        plugins: [{ id: 'day-planner', price_cents: 0, currency: 'eur', installs: 0 }],
        total: 1,
        page: 1,
      },
    });
    const { status, body } = await install(who, 'day-planner');
    expect([status, body['ok'], body['version']]).toEqual([200, true, '1.0.0']);
    const sent = await fetch(String(body['download_url']));
    expect(Buffer.from(await sent.arrayBuffer()).equals(bytes)).toBe(true);
    expect(outcome(await call(who, 'PUT /v1/plugins/day-planner/rating', { stars: 5 }))).toBe('200');
    expect(await read(who, 'day-planner')).toMatchObject({
      installs: 1,
      ratings: { average: 5, count: 1 },
      installed: true,
      installed_version: '1.0.0',
      bought: false,
      my_stars: 5,
      versions: [{ version: '1.0.0', permissions: ['read_tasks'] }],
    });
    expect((await call(who, 'GET /v1/plugins/installed')).body['data']).toMatchObject([
      { id: 'day-planner', installed: true, permissions: ['read_tasks'], new_permissions: [] },
    ]);
    expect(outcome(await call(who, 'DELETE /v1/plugins/day-planner/install'))).toBe('200');
    expect((await call(who, 'GET /v1/plugins/installed')).body['data']).toEqual([]);
  });
});
void [beforeAll, sandbox, drainEvents, charges, cardHolder, has, set, details];
