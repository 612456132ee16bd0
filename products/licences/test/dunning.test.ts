import { describe, expect, test } from 'vitest';
import { advanceTo } from '@plinth/testkit/factories';
import type { Reply } from '@plinth/testkit/services/app';
import { coditectFixture, HARDWARE, type Licensee } from './fixture.ts';
import { mailsTo, writeLetters } from './mailbox.ts';

const fixture = await coditectFixture();
const { app, audited, call, card, db, drainEvents, licensee, mailed, sandbox, stripe, subscription } =
  fixture;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const { service } = app.modules.mounted.find(({ module }) => module === 'coditect/licences') ?? {};
const { lifecycle } = service as { lifecycle: { lapse(): Promise<number> } };

const code = ({ body }: Reply) => (body['error'] as { readonly code: string } | undefined)?.code;
const instant = (body: Readonly<Record<string, unknown>>, name: string) => Date.parse(String(body[name]));
const inMails = (at: number) => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** Time goes on to an instant, here and at Stripe, and everything that Stripe has told by then is seen to. */
async function passUntil(at: number): Promise<void> {
  await advanceTo(db, new Date(at).toISOString());
  sandbox.advanceTo(new Date(at));
  await drainEvents();
}

/** The calls of a licence's programs, and what its owner reads. */
async function office(ada: Licensee) {
  const [license_key, id] = [await ada.key(), await ada.id()];
  const byKey = (path: string, hardware_id?: string) =>
    call(undefined, path, { body: { license_key, ...(hardware_id === undefined ? {} : { hardware_id }) } });
  return {
    id,
    acquire: (hardware: string) => byKey('POST /v1/licenses/acquire', hardware),
    activate: (hardware: string) => byKey('POST /v1/licenses/activate', hardware),
    validate: async () => (await byKey('POST /v1/licenses/validate')).body,
    beat: ({ body: { session_id, signed_token } }: Reply) =>
      call(undefined, 'POST /v1/licenses/heartbeat', { body: { session_id, signed_token } }),
    status: async () => (await call(undefined, `GET /v1/licenses/${license_key}/status`)).body,
    file: async () => {
      const { body } = await call(ada.who.key, `GET /v1/licenses/${id}/download`);
      return body['license'] as Readonly<Record<string, unknown>>;
    },
    history: async () => (await call(ada.who.key, `GET /v1/licenses/${id}/sessions`)).body['data'],
  };
}
type Desk = Awaited<ReturnType<typeof office>>;

/** The first payment of a licence fails: how it stands a while after its trial, and until when it is promised then. */
async function createFailing() {
  const ada = await licensee();
  const desk = await office(ada);
  const tried = instant(await ada.license(), 'expires_at');
  await writeLetters(fixture, ada.who);
  await card(ada.who, 'pm_card_chargeCustomerFail');
  await passUntil(tried + 2 * 60 * MINUTE);
  return { ada, desk, tried, promised: instant(await desk.status(), 'grace_period_ends_at') };
}

/** Passes time until the last promised period is the next to end. Answers its end. */
async function lastPromise(desk: Desk): Promise<number> {
  for (let last = 0; ; ) {
    const promised = instant(await desk.status(), 'grace_period_ends_at');
    if (promised === last) return last;
    last = promised;
    await passUntil(last - 20 * MINUTE);
  }
}

async function pay({ who }: Licensee): Promise<void> {
  await card(who, 'pm_card_visa');
  const { data } = await stripe.invoices.list({ subscription: await subscription(who), status: 'open' });
  for (const invoice of data) await stripe.invoices.pay(invoice.id ?? '');
  await drainEvents();
}

const templates = async (ada: Licensee) => {
  await writeLetters(fixture, ada.who);
  return (await mailed(ada.who)).map((name) => name.replace('coditect.', ''));
};

describe('a period that has begun and is not paid yet', () => {
  test('is no renewal: neither the licence, its file, its audit nor a mail says so before the money is there', async () => {
    const ada = await licensee();
    const desk = await office(ada);
    const { expires_at: tried } = await ada.license();
    // Stripe begins the period, and asks for the money an hour later.
    await passUntil(Date.parse(String(tried)) + 20 * MINUTE);
    const { state, period_ends_at: next } = await fixture.read(ada.who, 'coditect');
    expect([state, Date.parse(String(next)) > Date.parse(String(tried))]).toEqual(['active', true]);
    expect(await ada.license()).toMatchObject({ status: 'active', expires_at: tried, last_renewal_at: null });
    expect(instant(await desk.file(), 'expires_at')).toBe(Date.parse(String(tried)) + 7 * DAY);
    expect(await audited(ada.who)).toEqual(['issued']);
    await passUntil(Date.parse(String(tried)) + 2 * 60 * MINUTE);
    expect(await ada.license()).toMatchObject({ status: 'active', expires_at: next });
    expect(instant(await desk.file(), 'expires_at')).toBe(Date.parse(String(next)) + 7 * DAY);
    expect(await audited(ada.who)).toEqual(['issued', 'renewed']);
    expect((await templates(ada)).slice(2)).toEqual(['subscription_renewed']);
  });
});

describe('a licence whose payment fails', () => {
  test('works for the days that it is told of, in its status and by mail, and counts as paid no further', async () => {
    const { ada, desk, tried, promised } = await createFailing();
    expect(await desk.status()).toMatchObject({
      status: 'active',
      expires_at: new Date(tried).toISOString(),
    });
    expect((promised - (tried + 2 * 60 * MINUTE)) / DAY).toBeCloseTo(7, 1);
    expect(instant(await desk.file(), 'expires_at')).toBe(promised);
    expect(await templates(ada)).toEqual(['license_issued', 'subscription_confirmed', 'payment_failed']);
    const warning = (await mailsTo(fixture, ada.who)).at(-1);
    expect(warning?.text).toContain(`Nothing changes before ${inMails(promised)}`);
    expect((await desk.acquire(HARDWARE[0])).status).toBe(201);
    expect(await desk.validate()).toMatchObject({ valid: true, status: 'active' });

    for (let day = 1; !(await templates(ada)).includes('payment_failed_again'); day += 1) {
      expect(day).toBeLessThan(8);
      await passUntil(tried + 2 * 60 * MINUTE + day * DAY);
    }
    const again = instant(await desk.status(), 'grace_period_ends_at');
    expect(again).toBeGreaterThanOrEqual(promised);
    const urgent = (await mailsTo(fixture, ada.who)).at(-1);
    expect(urgent?.subject).toMatch(/^Urgent/);
    expect(urgent?.text).toContain(`from ${inMails(again)} on`);
    expect(await audited(ada.who)).toEqual(['issued', 'activated', 'acquired']);
  });

  test('is suspended at the instant at which the last day is over, without anybody telling anybody, and its sessions end', async () => {
    const { ada, desk } = await createFailing();
    const last = await lastPromise(desk);
    await passUntil(last - 4 * MINUTE);
    const seat = await desk.acquire(HARDWARE[0]);
    expect([seat.status, (await desk.beat(seat)).status]).toEqual([201, 200]);
    expect(await desk.validate()).toMatchObject({ valid: true });
    expect(instant(await desk.file(), 'expires_at')).toBe(last);

    await advanceTo(db, new Date(last + 1_000).toISOString());
    expect(await desk.status()).toMatchObject({
      status: 'suspended',
      status_reason: 'payment',
      suspended_at: new Date(last).toISOString(),
    });
    expect(await desk.validate()).toMatchObject({ valid: false, status: 'suspended' });
    for (const refused of [
      await desk.beat(seat),
      await desk.acquire(HARDWARE[0]),
      await desk.acquire(HARDWARE[1]),
      await desk.activate(HARDWARE[1]),
    ])
      expect([refused.status, code(refused)]).toEqual([403, 'license_suspended']);
    expect(await desk.history()).toMatchObject([{ status: 'suspended', ended_at: expect.any(String) }]);
    expect(await desk.status()).toMatchObject({ current_seats_used: 0 });

    // The hourly schedules write it down, and tell it.
    expect(await lifecycle.lapse()).toBeGreaterThan(0);
    expect(await lifecycle.lapse()).toBe(0);
    expect(await app.modules.suspensions.run()).toBeGreaterThan(0);
    expect((await audited(ada.who)).at(-1)).toBe('suspended');
    expect((await templates(ada)).at(-1)).toBe('subscription_suspended');
    expect(await desk.status()).toMatchObject({ suspended_at: new Date(last).toISOString() });
  });

  test('ends the sessions of machines that ask nothing any more, too', async () => {
    const { desk } = await createFailing();
    const last = await lastPromise(desk);
    await passUntil(last - 3 * MINUTE);
    expect((await desk.acquire(HARDWARE[0])).status).toBe(201);
    await advanceTo(db, new Date(last + 1_000).toISOString());
    await lifecycle.lapse();
    expect(await desk.history()).toMatchObject([{ status: 'suspended' }]);
    expect(await desk.status()).toMatchObject({ current_seats_used: 0 });
  });
});

describe('a licence that is paid after all', () => {
  test('works again with the new period, a new file and a mail, and its next failure is a first one again', async () => {
    const { ada, desk } = await createFailing();
    await passUntil((await lastPromise(desk)) + 60_000);
    await lifecycle.lapse();
    await app.modules.suspensions.run();
    await pay(ada);
    const { period_ends_at: next } = await fixture.read(ada.who, 'coditect');
    expect(await desk.status()).toMatchObject({
      status: 'active',
      status_reason: null,
      grace_period_ends_at: null,
      suspended_at: null,
      expires_at: next,
    });
    expect((await desk.acquire(HARDWARE[0])).status).toBe(201);
    expect((await audited(ada.who)).slice(1, 4)).toEqual(['suspended', 'reinstated', 'renewed']);
    const told = await templates(ada);
    expect([...new Set(told)]).toEqual([
      'license_issued',
      'subscription_confirmed',
      'payment_failed',
      'payment_failed_again',
      'subscription_suspended',
      'payment_recovered',
      'subscription_renewed',
    ]);
    const file = (await mailsTo(fixture, ada.who)).at(-1)?.attachments[0]?.content;
    const renewed = JSON.parse(Buffer.from(file as ArrayBuffer).toString()) as Record<string, unknown>;
    expect(renewed).toEqual(await desk.file());
    expect(instant(renewed, 'expires_at')).toBe(Date.parse(String(next)) + 7 * DAY);

    await card(ada.who, 'pm_card_chargeCustomerFail');
    await passUntil(Date.parse(String(next)) + 2 * 60 * MINUTE);
    expect((await templates(ada)).slice(told.length)).toEqual(['payment_failed']);
    const promised = instant(await desk.status(), 'grace_period_ends_at');
    expect((promised - Date.parse(String(next))) / DAY).toBeCloseTo(7, 0);
  });

  test('within the promised days is renewed without having been suspended', async () => {
    const { ada, desk, tried } = await createFailing();
    await passUntil(tried + DAY);
    await pay(ada);
    const { period_ends_at: next } = await fixture.read(ada.who, 'coditect');
    expect(await desk.status()).toMatchObject({
      status: 'active',
      expires_at: next,
      grace_period_ends_at: null,
    });
    expect(await audited(ada.who)).toEqual(['issued', 'renewed']);
    expect((await templates(ada)).slice(2)).toEqual([
      'payment_failed',
      'payment_recovered',
      'subscription_renewed',
    ]);
  });
});
