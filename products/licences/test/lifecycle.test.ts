import { describe, expect, test } from 'vitest';
import { coditectFixture, HARDWARE } from './fixture.ts';
import { changesPlan } from '../../../test/selling/agreed.ts';

const fixture = await coditectFixture();
const {
  audited,
  call,
  card,
  customer,
  drainEvents,
  later,
  licensee,
  createLicensee,
  sandbox,
  stripe,
  subscription,
} = fixture;
const DAY = 86_400_000;

/** Days until what is paid for, or tried, ends, and a bit. */
async function periodOver(who: Parameters<typeof fixture.read>[0]): Promise<void> {
  const renews = Date.parse(String((await fixture.read(who, 'coditect'))['period_ends_at']));
  await later((renews - sandbox.now().getTime()) / DAY + 0.1);
}

describe('a licence', () => {
  test('is there as soon as the purchase is in effect, with a key of its own', async () => {
    const ada = await licensee('pro');
    expect(await ada.license()).toMatchObject({
      status: 'active',
      tier: 'pro',
      max_seats: 10,
      max_machines: 30,
      current_seats_used: 0,
      seats_left: 10,
      license_key: expect.stringMatching(/^CODITECT(-[0-9A-HJKMNP-TV-Z]{4}){5}$/),
      trial_ends_at: expect.any(String),
      last_renewal_at: null,
    });
    expect(await audited(ada.who)).toEqual(['issued']);
  });

  test('is 404 for an account that bought nothing', async () => {
    const nobody = await customer();
    expect((await call(nobody.key, 'GET /v1/licenses')).body).toEqual({ data: [], next_cursor: null });
  });

  test('is renewed by the payment, and by each one once', async () => {
    const ada = await licensee();
    const { expires_at: tried } = await ada.license();
    await periodOver(ada.who);
    const renewed = await ada.license();
    expect(renewed).toMatchObject({ status: 'active', last_renewal_at: expect.any(String) });
    expect(Date.parse(String(renewed['expires_at']))).toBeGreaterThan(Date.parse(String(tried)));
    expect(renewed['next_billing_date']).toBe(renewed['expires_at']);
    await periodOver(ada.who);
    expect(await audited(ada.who)).toEqual(['issued', 'renewed', 'renewed']);
  });

  test('follows an upgrade and a downgrade, and keeps its key', async () => {
    const ada = await licensee();
    const key = await ada.key();
    const change = (plan: string) => changesPlan(call, ada.who, { product: 'coditect', plan });
    await periodOver(ada.who);
    expect((await change('pro')).status).toBe(200);
    await drainEvents();
    expect(await ada.license()).toMatchObject({ tier: 'pro', max_seats: 10, license_key: key });
    await change('starter');
    await drainEvents();
    await periodOver(ada.who);
    expect(await ada.license()).toMatchObject({ tier: 'starter', max_seats: 3, license_key: key });
  });
});

describe('a licence that is not paid', () => {
  test('works until the promised days are over, is suspended without anybody doing anything, and works again once it is paid', async () => {
    const ada = await licensee();
    await ada.activate(HARDWARE[0]);
    await card(ada.who, 'pm_card_chargeCustomerFail');
    await periodOver(ada.who);
    const owed = await ada.license();
    expect(owed).toMatchObject({ status: 'active', grace_period_ends_at: expect.any(String) });
    await later(6.5);
    expect((await ada.status()).body).toMatchObject({ status: 'active' });
    await later(4);
    expect((await ada.status()).body).toMatchObject({ status: 'suspended', status_reason: 'payment' });
    expect((await ada.activate(HARDWARE[1])).body['error']).toMatchObject({ code: 'license_suspended' });
    expect((await ada.activate(HARDWARE[0])).body['error']).toMatchObject({ code: 'license_suspended' });
    await card(ada.who, 'pm_card_visa');
    const { data } = await stripe.invoices.list({
      subscription: await subscription(ada.who),
      status: 'open',
    });
    for (const invoice of data) await stripe.invoices.pay(invoice.id ?? '');
    await drainEvents();
    expect((await ada.status()).body).toMatchObject({ status: 'active', grace_period_ends_at: null });
    expect((await ada.activate(HARDWARE[1])).status).toBe(200);
  });
});

describe('a plan that has ended', () => {
  test('leaves the licence inactive, with its key and its files revoked; bought again, it revives it', async () => {
    const ada = await licensee('pro');
    const [key, id] = [await ada.key(), await ada.id()];
    const machine = { license_key: key, hardware_id: HARDWARE[0] };
    const seat = await call(undefined, 'POST /v1/licenses/acquire', { body: machine });
    expect(seat.status).toBe(201);
    await call(ada.who.key, 'DELETE /v1/billing/subscription?product=coditect&when=now');
    await drainEvents();
    expect(await fixture.plan(ada.who, 'coditect')).toBe('coditect.free');
    expect((await fixture.mailed(ada.who)).at(-1)).toBe('subscription_canceled');
    expect(await ada.license()).toMatchObject({
      status: 'inactive',
      status_reason: 'ended',
      tier: 'pro',
      max_seats: 0,
      deactivated_at: expect.any(String),
      current_seats_used: 0,
    });
    const { session_id, signed_token } = seat.body;
    const beat = await call(undefined, 'POST /v1/licenses/heartbeat', { body: { session_id, signed_token } });
    expect([beat.status, beat.body]).toMatchObject([403, { error: { code: 'license_inactive' } }]);
    const { body: history } = await call(ada.who.key, `GET /v1/licenses/${id}/sessions`);
    expect(history['data']).toMatchObject([{ session_id, status: 'suspended' }]);
    const { body } = await call(undefined, 'GET /.well-known/license-revocations');
    expect(body['data']).toContainEqual(
      expect.objectContaining({ license_id: id, version: expect.any(Number) }),
    );
    await fixture.buy(ada.who, { product: 'coditect', plan: 'starter' });
    expect(await ada.license()).toMatchObject({ id, license_key: key, status: 'active', tier: 'starter' });
    expect(await audited(ada.who)).toEqual(['issued', 'activated', 'acquired', 'deactivated', 'revived']);
  });
});

test('lists are narrowed by what the licence is', async () => {
  const ada = await licensee('pro');
  const countFound = async (query: string) =>
    ((await call(ada.who.key, `GET /v1/licenses?${query}`)).body['data'] as unknown[]).length;
  expect(await countFound('active=true&tier=pro')).toBe(1);
  expect(await countFound('active=false')).toBe(0);
  expect(await countFound('tier=starter')).toBe(0);
  const year = '2999-01-01T00:00:00Z';
  expect([await countFound(`expires_before=${year}`), await countFound(`expires_after=${year}`)]).toEqual([
    1, 0,
  ]);
  expect((await call(ada.who.key, 'GET /v1/licenses?active=maybe')).status).toBe(400);
  expect((await call(ada.who.key, 'GET /api/v1/licenses/')).status).toBe(200);
  expect(await createLicensee(ada.who).id()).toBe(await ada.id());
});
