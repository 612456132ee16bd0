import { statement } from '#platform/db';
import { describe, expect, test } from 'vitest';
import { openSellingApp } from '../../../test/selling/fixture.ts';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import type { Customer, Reply } from '@plinth/testkit/services/app';
import { developerIn, publish, type Published } from './fixture.ts';

const shop = await openSellingApp();
const { customer, db, drainEvents, buy, sandbox, stripe } = shop;
const developer = await developerIn(shop);

const call = async (by: Pick<Customer, 'key'>, what: string, body?: object): Promise<Reply> => {
  await forgetRates(shop);
  return shop.call(by.key, what, body === undefined ? {} : { body });
};
const outcome = ({ status, body }: Reply) => {
  const { code } = (body['error'] ?? {}) as { readonly code?: string };
  return code === undefined ? String(status) : `${status} ${code}`;
};
const details = ({ body }: Reply) =>
  (body['error'] as { readonly details?: Record<string, unknown> }).details;
/** At the price that is shown, where the plugin is not free. */
async function install(by: Pick<Customer, 'key'>, id: string, more: object = {}): Promise<Reply> {
  const { price_cents: amount, currency } = await read(by, id);
  const agreed = typeof amount === 'number' && amount > 0 ? { agreed: { amount, currency } } : {};
  return call(by, `POST /v1/plugins/${id}/install`, { plugin_id: id, ...agreed, ...more });
}
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

test('a catalogue is filtered, ordered, counted and cut into pages', async () => {
  const who = await customer('adiuva.power');
  const names = Array.from({ length: 22 }, (_, n) => `calendar-${String(n).padStart(2, '0')}`);
  for (const id of names) await offer({ id, category: 'calendar' });
  const list = async (query: string) => {
    const { body } = await call(who, `GET /v1/plugins?category=calendar&${query}`);
    return [(body['plugins'] as { id: string }[]).map(({ id }) => id), body['total'], body['page']] as const;
  };
  await set('calendar-07', 'ratings = 1, stars = 5');
  await set('calendar-03', 'ratings = 200, stars = 900, installs = 9');
  await set('calendar-05', "published_at = app.now() + interval '1 hour', installs = 10");
  const [byRating, total, page] = await list('');
  expect([byRating.slice(0, 2), byRating.length, total, page]).toEqual([
    ['calendar-03', 'calendar-07'],
    20,
    22,
    1,
  ]);
  expect((await list('page=2'))[0]).toHaveLength(2);
  expect((await list('page=3'))[0]).toEqual([]);
  expect((await list('sort=installs'))[0].slice(0, 2)).toEqual(['calendar-05', 'calendar-03']);
  expect((await list('sort=newest'))[0][0]).toBe('calendar-05');
  await offer({ id: 'moon-phases', category: 'calendar', name: "Moon & the tides' phases" });
  for (const [q, found] of [
    ['moon ph', 1],
    ["tides'", 1],
    ['moon -tides', 0],
    ['"tides phases"', 1],
    ['moon or sun', 1],
    ['moo phases', 0],
    ['moon \\', 1],
    ["'", 0],
    ['%', 0],
  ] as const)
    expect([q, (await list(`q=${encodeURIComponent(q)}`))[1]]).toEqual([q, found]);
});

test.each([
  ['GET /v1/plugins?category=gardening', undefined],
  ['GET /v1/plugins?sort=price', undefined],
  ['GET /v1/plugins?page=0', undefined],
  ['PUT /v1/plugins/any/rating', { stars: 6 }],
  ['PUT /v1/plugins/any/rating', { stars: 0 }],
  ['PUT /v1/plugins/any/rating', { stars: 4.5 }],
  ['POST /v1/plugins/any/install', { plugin_id: 'other' }],
  ['POST /v1/plugins/any/install', {}],
])('%s with %o is refused', async (what, body) => {
  expect(outcome(await call(await customer('adiuva.power'), what, body))).toBe('400 validation_failed');
});

test('free and Pro are refused with the plan that would do, Power and Team are admitted', async () => {
  await offer({ id: 'for-power' });
  for (const plan of ['free', 'pro', 'power', 'team']) {
    const who = await customer(`adiuva.${plan}`);
    const outcomes = [
      await call(who, 'GET /v1/plugins'),
      await call(who, 'GET /v1/plugins/for-power'),
      await install(who, 'for-power'),
      await call(who, 'GET /v1/plugins/installed'),
      await call(who, 'PUT /v1/plugins/for-power/rating', { stars: 3 }),
      await call(who, 'DELETE /v1/plugins/for-power/install'),
    ];
    const isRefused = plan === 'free' || plan === 'pro';
    expect(new Set(outcomes.map(outcome))).toEqual(new Set([isRefused ? '402 plan_required' : '200']));
    for (const one of outcomes)
      if (isRefused) expect(details(one)).toMatchObject({ upgrade: 'adiuva.power' });
  }
});

describe('a rating', () => {
  test('is one an account, of who has the plugin installed, and never of its author', async () => {
    await offer({ id: 'rated' });
    const rate = (by: Customer, stars: number) => call(by, 'PUT /v1/plugins/rated/rating', { stars });
    const [one, other] = [await customer('adiuva.power'), await customer('adiuva.power')];
    expect(outcome(await rate(one, 5))).toBe('409 plugin_not_installed');
    for (const who of [one, other]) await install(who, 'rated');
    await Promise.all([1, 2, 3, 4, 5].map((stars) => rate(one, stars)));
    await rate(one, 2);
    expect((await rate(other, 5)).body).toEqual({ ok: true, ratings: { average: 3.5, count: 2 } });
    await set('rated', `developer = '${one.accountId}'`);
    expect(outcome(await rate(one, 5))).toBe('409 own_plugin');
    // A member of the developer's account, for an organization of their own.
    const join = `insert into accounts.members (account_id, user_id, role) values ($1, $2, 'viewer')`;
    await db.asMigrator(statement(join, [one.accountId, other.userId]));
    expect(outcome(await rate(other, 5))).toBe('409 own_plugin');
    expect(outcome(await call(one, 'PUT /v1/plugins/nothing/rating', { stars: 5 }))).toBe(
      '404 plugin_not_found',
    );
    expect(await read(other, 'rated')).toMatchObject({ ratings: { average: 3.5, count: 2 }, installs: 2 });
  });
});

describe('what is not offered', () => {
  test.each([
    ['withdrawn', "state = 'withdrawn'", '409 plugin_not_offered', '200'],
    [
      'for money that nobody can be sent',
      'price_cents = 500, is_payable = false',
      '409 plugin_not_offered',
      '200',
    ],
    ['for money, and orphaned', 'price_cents = 500, developer = null', '409 plugin_not_offered', '200'],
    [
      'removed',
      "state = 'removed', removed_because = 'It steals.'",
      '410 plugin_removed',
      '410 plugin_removed',
    ],
  ])('%s is installed by nobody new, and shown to who has it', async (...[, what, toOthers, toOwners]) => {
    const id = `gone-${what.length}`;
    await offer({ id });
    const [holder, other] = [await customer('adiuva.power'), await customer('adiuva.power')];
    await install(holder, id);
    await set(id, what);
    expect(outcome(await install(other, id))).toBe(toOthers);
    expect(outcome(await install(holder, id))).toBe(toOwners);
    expect(outcome(await call(other, `GET /v1/plugins/${id}`))).toBe('404 plugin_not_found');
    expect(await read(holder, id)).toMatchObject({ id, offered: false, installed: true });
    expect((await call(other, `GET /v1/plugins?q=${id}`)).body).toMatchObject({ plugins: [], total: 0 });
    expect((await call(holder, 'GET /v1/plugins/installed')).body['data']).toMatchObject([{ id }]);
  });

  test('is unknown where it never was', async () => {
    const who = await customer('adiuva.power');
    expect(outcome(await install(who, 'never'))).toBe('404 plugin_not_found');
    expect(outcome(await call(who, 'DELETE /v1/plugins/never/install'))).toBe('404 plugin_not_found');
  });
});

test('a version with further permissions waits until they are accepted', async () => {
  await offer({ id: 'growing', permissions: ['read_tasks'] });
  const who = await customer('adiuva.power');
  await install(who, 'growing');
  const wanted = ['read_tasks', 'notify', 'network:api.example.com'];
  await offer({ id: 'growing', version: '1.10.0', permissions: wanted });
  const refused = await install(who, 'growing');
  expect([outcome(refused), details(refused)]).toEqual([
    '409 consent_needed',
    { version: '1.10.0', permissions: wanted.slice(1) },
  ]);
  expect(outcome(await install(who, 'growing', { accept_permissions: ['notify'] }))).toBe(
    '409 consent_needed',
  );
  expect((await call(who, 'GET /v1/plugins/installed')).body['data']).toMatchObject([
    { version: '1.10.0', installed_version: '1.0.0', new_permissions: wanted.slice(1) },
  ]);
  expect((await install(who, 'growing', { accept_permissions: wanted })).body['version']).toBe('1.10.0');
  expect(outcome(await install(who, 'growing'))).toBe('200');
  // The tenth is above the second.
  await offer({ id: 'growing', version: '1.9.0' });
  expect((await install(who, 'growing')).body['version']).toBe('1.10.0');
});

describe('a paid plugin', () => {
  test('is charged to the kept card once, and is theirs with later versions', async () => {
    await offer({ id: 'paid-once', price: 731 });
    const who = await cardHolder();
    expect(outcome(await install(who, 'paid-once'))).toBe('200');
    await offer({ id: 'paid-once', version: '2.0.0', price: 900 });
    expect((await install(who, 'paid-once')).body['version']).toBe('2.0.0');
    expect(outcome(await call(who, 'DELETE /v1/plugins/paid-once/install'))).toBe('200');
    expect(await has(who, 'paid-once')).toEqual([false, true]);
    await set('paid-once', "state = 'withdrawn'");
    expect(outcome(await install(who, 'paid-once'))).toBe('200');
    await drainEvents();
    expect(await charges(731)).toHaveLength(1);
    expect(await read(who, 'paid-once')).toMatchObject({ installs: 1, installed: true, bought: true });
  });

  test('is one sale where two devices buy it at once', async () => {
    await offer({ id: 'paid-by-two', price: 732 });
    const who = await cardHolder();
    const outcomes = (await Promise.all(Array.from({ length: 4 }, () => install(who, 'paid-by-two')))).map(
      outcome,
    );
    // A caller who comes while the charge is under way may be shown its page.
    expect(outcomes.filter((one) => one !== '402 payment_needed').every((one) => one === '200')).toBe(true);
    expect(outcomes).toContain('200');
    expect(outcome(await install(who, 'paid-by-two'))).toBe('200');
    await drainEvents();
    expect(await charges(732)).toHaveLength(1);
    expect(await read(who, 'paid-by-two')).toMatchObject({ installs: 1, installed: true, bought: true });
  });

  test('without a card is paid on its page, and the webhook completes it once', async () => {
    await offer({ id: 'paid-by-page', price: 733 });
    const who = await customer('adiuva.power');
    const asked = await install(who, 'paid-by-page');
    expect(outcome(asked)).toBe('402 payment_needed');
    expect(details(await install(who, 'paid-by-page'))).toEqual(details(asked));
    expect(await has(who, 'paid-by-page')).toEqual([false, false]);
    await payPage(String(details(asked)?.['checkout_url']));
    // Before the webhook: its invoice is looked at.
    await drainEvents();
    expect(await has(who, 'paid-by-page')).toEqual([true, true]);
    await drainEvents();
    expect(outcome(await install(who, 'paid-by-page'))).toBe('200');
    expect(await read(who, 'paid-by-page')).toMatchObject({ installs: 1 });
  });

  test('that is removed while its page is open, and paid there, is told to its buyer too', async () => {
    await offer({ id: 'paid-late', price: 742 });
    const asked = await install(await customer('adiuva.power'), 'paid-late');
    await set('paid-late', "state = 'removed', removed_because = 'It steals.'");
    await payPage(String(details(asked)?.['checkout_url']));
    await drainEvents();
    const tellings = statement(
      `select id from jobs.jobs where kind = 'adiuva.tell-removed' and payload ->> 'plugin_id' = 'paid-late'`,
    );
    expect(await db.asMigrator(tellings)).toHaveLength(1);
  });

  test('is one sale where the webhook comes before the answer of the charge', async () => {
    await offer({ id: 'webhook-first', price: 739 });
    const who = await cardHolder();
    sandbox.faults.always('POST /v1/invoices/', { kind: 'hold' });
    const asked = install(who, 'webhook-first');
    for (;;) {
      await sandbox.faults.untilHeld(1);
      const [held] = sandbox.faults.held();
      if (held?.path.endsWith('/pay') === true) break;
      held?.release();
    }
    await drainEvents();
    expect(await has(who, 'webhook-first')).toEqual([true, true]);
    sandbox.faults.clear();
    expect(outcome(await asked)).toBe('200');
    await drainEvents();
    expect(await charges(739)).toHaveLength(1);
    expect(await read(who, 'webhook-first')).toMatchObject({ installs: 1 });
  });

  test('that was paid is handed out though no webhook ever comes', async () => {
    await offer({ id: 'no-webhook', price: 734 });
    const who = await customer('adiuva.power');
    const asked = await install(who, 'no-webhook');
    await payPage(String(details(asked)?.['checkout_url']));
    expect(outcome(await install(who, 'no-webhook'))).toBe('200');
    await drainEvents();
    expect(await read(who, 'no-webhook')).toMatchObject({ installs: 1, installed: true, bought: true });
  });

  test('is taken back with all of its money, not with a part, and comes back with a dispute that is won', async () => {
    await offer({ id: 'disputed', price: 735 });
    const who = await cardHolder();
    await install(who, 'disputed');
    const rate = () => call(who, 'PUT /v1/plugins/disputed/rating', { stars: 1 });
    await rate();
    const ratings = async () => (await read(who, 'disputed'))['ratings'];
    const [charge] = await charges(735);
    await stripe.refunds.create({ charge: charge?.id ?? '', amount: 100 });
    await drainEvents();
    expect(await has(who, 'disputed')).toEqual([true, true]);
    const { id } = sandbox.bank.dispute(charge?.id ?? '');
    await drainEvents();
    expect(await has(who, 'disputed')).toEqual([false, false]);
    expect(outcome(await install(who, 'disputed'))).toBe('409 purchase_disputed');
    sandbox.bank.decide(id, 'won');
    await drainEvents();
    expect(await has(who, 'disputed')).toEqual([true, true]);
    // A rating before the dispute went with it, and counts once if it is given again.
    expect(await ratings()).toEqual({ average: null, count: 0 });
    expect((await rate()).body).toMatchObject({ ratings: { average: 1, count: 1 } });
    await stripe.refunds.create({ charge: charge?.id ?? '' });
    await drainEvents();
    expect(await has(who, 'disputed')).toEqual([false, false]);
    expect(await ratings()).toEqual({ average: null, count: 0 });
    expect(outcome(await rate())).toBe('409 plugin_not_installed');
    // Sold anew.
    expect(outcome(await install(who, 'disputed'))).toBe('200');
    expect(await charges(735)).toHaveLength(2);
  });

  test('stays bought on the day of a downgrade, and is there again with Power', async () => {
    await offer({ id: 'kept', price: 736 });
    const who = await cardHolder();
    await install(who, 'kept');
    await call(who, 'DELETE /v1/billing/subscription?product=adiuva');
    expect(outcome(await install(who, 'kept'))).toBe('200');
    await shop.later(32);
    const refused = await install(who, 'kept');
    expect([outcome(refused), details(refused)?.['upgrade']]).toEqual(['402 plan_required', 'adiuva.power']);
    await buy(who, { product: 'adiuva', plan: 'power' });
    expect(outcome(await install(who, 'kept'))).toBe('200');
    expect(await charges(736)).toHaveLength(1);
  });

  test.each([
    ['in another currency than the account pays in', "currency = 'usd'", '400 validation_failed'],
    ['whose developer can not be paid', 'is_payable = false', '409 plugin_not_offered'],
  ])('%s charges nothing', async (_why, what, refusal) => {
    const id = `refused-${refusal.slice(0, 3)}`;
    await offer({ id, price: 737 });
    await set(id, what);
    const who = await cardHolder();
    expect(outcome(await install(who, id))).toBe(refusal);
    expect(await charges(737)).toEqual([]);
    const sales = statement('select 1 from billing.item_sales where account_id = $1', [who.accountId]);
    expect(await db.asMigrator(sales)).toEqual([]);
  });

  test('is bought by admins of the account alone, with a key that may buy', async () => {
    await offer({ id: 'admins-only', price: 738 });
    const who = await cardHolder();
    const { body } = await call(who, 'POST /v1/api-keys', { name: 'app', scopes: ['adiuva:write'] });
    expect(outcome(await install({ key: String(body['key']) }, 'admins-only'))).toBe('403 forbidden');
    expect(await charges(738)).toEqual([]);
  });
});

const CARD = { number: '4242424242424242', expiry: '12 / 44', cvc: '123', name: 'Ada Lovelace' };

async function payPage(page: string): Promise<void> {
  const paid = await fetch(`${page}/pay`, { method: 'POST', body: new URLSearchParams(CARD) });
  expect(paid.ok).toBe(true);
}
