import { type LicenseFileCheck, verifyLicenseFile } from '@plinth/sdk/licenses';
import { statement } from '#platform/db';
import { describe, expect, test } from 'vitest';
import { coditectFixture, type Licensee } from './fixture.ts';
import { changesPlan } from '../../../test/selling/agreed.ts';

const fixture = await coditectFixture();
const { audited, call, card, db, drainEvents, later, licensee, sandbox, stripe, subscription } = fixture;
const DAY = 86_400_000;
const NO_CARD = 'pm_card_chargeCustomerFail';

type License = Readonly<Record<string, unknown>>;
const endOf = (license: License) => Date.parse(String(license['expires_at']));

/** Until so many days after the end of what is paid for, or tried. */
async function untilEnd(ada: Licensee, days: number): Promise<void> {
  await later((endOf(await ada.license()) - sandbox.now().getTime()) / DAY + days);
}

/** The signed file as text, and the licence in it. */
async function fileOf(ada: Licensee) {
  const { status, body } = await call(ada.who.key, `GET /v1/licenses/${await ada.id()}/download`);
  expect(status).toBe(200);
  return { text: JSON.stringify(body), license: body['license'] as License };
}

/** Mails that the jobs are to write, in the order in which they were left. */
async function letters({ who: { accountId } }: Licensee): Promise<string[]> {
  const rows = await db.asMigrator(
    statement<{ event: string }>(
      `select payload->>'event' as event from jobs.jobs where account_id = $1 and kind = 'coditect.letters' order by id`,
      [accountId],
    ),
  );
  return rows.map(({ event }) => event);
}

/** Pays what is owed, with a card that is good. */
async function pays(ada: Licensee): Promise<void> {
  await card(ada.who, 'pm_card_visa');
  const { data } = await stripe.invoices.list({ subscription: await subscription(ada.who), status: 'open' });
  for (const { id = '' } of data) await stripe.invoices.pay(id);
  await drainEvents();
}

const changes = (ada: Licensee, what: object) => changesPlan(call, ada.who, { product: 'coditect', ...what });

describe('a period that the store has begun', () => {
  test('renews nothing before it is paid, and the licence, its file and its mail once it is', async () => {
    const ada = await licensee();
    const tried = endOf(await ada.license());
    // It is charged within the hour.
    await untilEnd(ada, 0.02);
    expect(await fixture.read(ada.who, 'coditect')).toMatchObject({ state: 'active' });
    const begun = await ada.license();
    expect(begun).toMatchObject({ status: 'active', last_renewal_at: null });
    expect([endOf(begun), endOf((await fileOf(ada)).license)]).toEqual([tried, tried + 7 * DAY]);
    expect([await audited(ada.who), await letters(ada)]).toEqual([['issued'], ['issued']]);
    await later(0.1);
    const paid = await ada.license();
    expect(paid).toMatchObject({
      last_renewal_at: expect.any(String),
      next_billing_date: paid['expires_at'],
    });
    expect((endOf(paid) - tried) / DAY).toBeGreaterThanOrEqual(28);
    expect(endOf((await fileOf(ada)).license)).toBe(endOf(paid) + 7 * DAY);
    expect([await audited(ada.who), await letters(ada)]).toEqual([
      ['issued', 'renewed'],
      ['issued', 'renewed'],
    ]);
  });

  test('is told of once, in whichever order and how often the store tells of it', async () => {
    const ada = await licensee();
    const tried = endOf(await ada.license());
    sandbox.hold();
    await untilEnd(ada, 0.1);
    const told = sandbox.held().map(({ id }) => id);
    for (const id of [...told, ...told].toReversed()) {
      await sandbox.release([id]);
      await drainEvents();
    }
    await sandbox.release();
    await drainEvents();
    expect((endOf(await ada.license()) - tried) / DAY).toBeGreaterThanOrEqual(28);
    expect([await audited(ada.who), await letters(ada)]).toEqual([
      ['issued', 'renewed'],
      ['issued', 'renewed'],
    ]);
  });

  test('and nobody pays, makes no file hold for longer than was promised; paid within the promised days it is renewed', async () => {
    const ada = await licensee();
    const tried = endOf(await ada.license());
    await card(ada.who, NO_CARD);
    await untilEnd(ada, 0.1);
    const owed = await ada.license();
    expect(owed).toMatchObject({ status: 'active', last_renewal_at: null });
    const promised = Date.parse(String(owed['grace_period_ends_at']));
    expect([endOf(owed), endOf((await fileOf(ada)).license)]).toEqual([
      tried,
      Math.max(promised, tried + 7 * DAY),
    ]);
    expect((await ada.status()).body).toMatchObject({
      status: 'active',
      grace_period_ends_at: owed['grace_period_ends_at'],
    });
    expect(await letters(ada)).toEqual(['issued']);
    await pays(ada);
    const paid = await ada.license();
    expect(paid).toMatchObject({ status: 'active', grace_period_ends_at: null });
    expect((endOf(paid) - tried) / DAY).toBeGreaterThanOrEqual(28);
    expect([await audited(ada.who), await letters(ada)]).toEqual([
      ['issued', 'renewed'],
      ['issued', 'renewed'],
    ]);
  });

  test('and that is paid after the promised days reinstates the licence, and renews it with a file that holds', async () => {
    const ada = await licensee();
    const before = await fileOf(ada);
    await card(ada.who, NO_CARD);
    await untilEnd(ada, 0.1);
    await later(10.5);
    const suspended = await ada.license();
    expect(suspended).toMatchObject({ status: 'suspended', status_reason: 'payment' });
    expect(suspended['suspended_at']).toBe(suspended['grace_period_ends_at']);
    await pays(ada);
    expect(await ada.license()).toMatchObject({ status: 'active', suspended_at: null });
    expect(await audited(ada.who)).toEqual(['issued', 'suspended', 'reinstated', 'renewed']);
    expect(await letters(ada)).toEqual(['issued', 'renewed']);
    const { check } = await online();
    expect(verifyLicenseFile(before.text, check)).toMatchObject({ valid: false });
    expect(verifyLicenseFile((await fileOf(ada)).text, check)).toMatchObject({ valid: true });
  });
});

test('what was paid while an operator had a licence stopped renews it when it is reinstated', async () => {
  const ada = await licensee();
  const { key } = await fixture.admin();
  const path = `/v1/admin/licenses/${await ada.id()}`;
  await call(key, `POST ${path}/suspend`, { body: { reason: 'The key was published.' } });
  await untilEnd(ada, 0.1);
  expect(await ada.license()).toMatchObject({ status: 'suspended', status_reason: 'admin' });
  expect(await letters(ada)).toEqual(['issued']);
  expect((await call(key, `POST ${path}/reinstate`)).body).toMatchObject({ status: 'active' });
  expect(await audited(ada.who)).toEqual(['issued', 'suspended', 'reinstated', 'renewed']);
  expect(await letters(ada)).toEqual(['issued', 'renewed']);
});

test('an account that never pays is suspended when the promised days are over, and loses the licence when the store gives up', async () => {
  const ada = await licensee();
  const tried = endOf(await ada.license());
  await card(ada.who, NO_CARD);
  await untilEnd(ada, 0.1);
  const { grace_period_ends_at: promised } = await ada.license();
  expect(Math.round((Date.parse(String(promised)) - tried) / DAY)).toBe(7);
  const states: unknown[] = [];
  for (let day = 1; day < 20; day += 1) {
    await later(1);
    const { status } = (await ada.status()).body;
    if (states.at(-1) !== status) states.push(status);
  }
  expect(states).toEqual(['active', 'suspended', 'inactive']);
  expect(await ada.license()).toMatchObject({
    status_reason: 'ended',
    suspended_at: null,
    deactivated_at: expect.any(String),
    next_billing_date: null,
  });
  expect(await fixture.plan(ada.who, 'coditect')).toBe('coditect.free');
  expect(await audited(ada.who)).toEqual(['issued', 'suspended', 'deactivated']);
});

/** The keys that an online client checks a file by. */
async function online() {
  const { body: known } = await call(undefined, 'GET /.well-known/license-keys');
  const { body: revoked } = await call(undefined, 'GET /.well-known/license-revocations');
  const check = {
    publicKeys: known['keys'],
    now: sandbox.now(),
    revocations: revoked['data'],
  } as LicenseFileCheck;
  return { check, revoked: check.revocations ?? [] };
}

test('a year in place of a month is one renewal, and months again come when the year is over; the key stays', async () => {
  const ada = await licensee('pro');
  const key = await ada.key();
  await untilEnd(ada, 0.1);
  expect((await changes(ada, { cycle: 'yearly' })).status).toBe(200);
  await drainEvents();
  const yearly = await ada.license();
  expect((endOf(yearly) - sandbox.now().getTime()) / DAY).toBeGreaterThan(364);
  expect(yearly).toMatchObject({ license_key: key, tier: 'pro', next_billing_date: yearly['expires_at'] });
  expect(await audited(ada.who)).toEqual(['issued', 'renewed', 'renewed']);
  expect((await changes(ada, { cycle: 'monthly' })).status).toBe(200);
  await drainEvents();
  expect(await ada.license()).toEqual(yearly);
  expect(await fixture.read(ada.who, 'coditect')).toMatchObject({
    next: { cycle: 'monthly', at: yearly['expires_at'] },
  });
  expect(await audited(ada.who)).toEqual(['issued', 'renewed', 'renewed']);
});

describe('files of a licence that has ended', () => {
  test('are revoked for as long as any of them would hold, also one of before the cancellation', async () => {
    const ada = await licensee('pro');
    await untilEnd(ada, 0.1);
    const [before, { expires_at: ends }] = [await fileOf(ada), await ada.license()];
    await call(ada.who.key, 'DELETE /v1/billing/subscription?product=coditect');
    await drainEvents();
    // One of after it holds until the end, and no longer.
    expect((await fileOf(ada)).license['expires_at']).toBe(ends);
    expect(verifyLicenseFile(before.text, (await online()).check)).toMatchObject({ valid: true });
    await untilEnd(ada, 0.1);
    expect(await ada.license()).toMatchObject({ status: 'inactive' });
    expect(verifyLicenseFile(before.text, (await online()).check)).toMatchObject({ problem: 'revoked' });
    await later(6.8);
    expect(endOf(before.license)).toBeGreaterThan(sandbox.now().getTime());
    expect(verifyLicenseFile(before.text, (await online()).check)).toMatchObject({ problem: 'revoked' });
    await later(0.2);
    const { check, revoked } = await online();
    expect(revoked.map(({ license_id }) => license_id)).not.toContain(await ada.id());
    expect(verifyLicenseFile(before.text, check)).toMatchObject({ problem: 'expired' });
  });
});
