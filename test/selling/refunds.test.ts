import { statement } from '#platform/db';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';
import type { Customer, Reply } from '@plinth/testkit/services/app';
import { beforeEach, describe, expect, test } from 'vitest';
import { idOf, openSellingApp } from './fixture.ts';

const death = plannedDeath();
const selling = await openSellingApp({
  settings: { WITHDRAWAL_DAYS: '14' },
  crashHook: death.crashHook,
});
const { admin, buy, call, customer, db, drainEvents, later, plan, read, sandbox, stripe } = selling;
const operator = await admin();
const REFUNDS = 'POST /v1/admin/billing/refunds';
const PRO = { product: 'reel', plan: 'pro' };
const PRICE = 3_995;
let keys = 0;

beforeEach(() => sandbox.faults.clear());

const act = (
  route: `POST /v1/admin/billing/${string}`,
  body: Readonly<Record<string, unknown>>,
  key = `key-${(keys += 1)}`,
) => call(operator.key, route, { body, headers: { 'idempotency-key': key } });

interface Payment {
  readonly payment: string;
  readonly amount_minor: number;
  readonly refunded_minor: number;
}

async function paymentsOf({ accountId }: Customer): Promise<readonly Payment[]> {
  const { body } = await call(operator.key, `GET /v1/admin/customers/${accountId}`);
  return body['payments'] as readonly Payment[];
}

async function createSubscriber(what: Readonly<Record<string, unknown>> = PRO) {
  const who = await customer();
  await buy(who, what);
  const [paid] = await paymentsOf(who);
  return { ...who, payment: paid?.payment ?? '' };
}

const refundOf = (
  who: Customer & { readonly payment: string },
  more: Readonly<Record<string, unknown>> = {},
  key?: string,
) => act(REFUNDS, { account_id: who.accountId, payment: who.payment, ...more }, key);

const codeOf = ({ status, body }: Reply) => [status, (body['error'] as { code: string }).code];

/** Lines of the audit that people wrote. */
async function auditOf({ accountId }: Customer) {
  return db.asMigrator(
    statement<{ action: string; user_id: string; changes: Record<string, unknown> }>(
      `select action, user_id, changes from audit.events where account_id = $1 and actor_kind <> 'store' and (action = 'invoice.refund' or action like 'subscription.%') order by created_at, id`,
      [accountId],
    ),
  );
}

async function subscriptionOf({ accountId }: Customer) {
  const [row] = await db.asMigrator(
    statement<{ store_id: string }>(
      'select store_id from billing.subscriptions where account_id = $1 order by starts_at desc limit 1',
      [accountId],
    ),
  );
  return stripe.subscriptions.retrieve(row?.store_id ?? '');
}

const backTo = async (who: Customer) => (await paymentsOf(who)).map(({ refunded_minor: back }) => back);

describe('an operator refunds a payment', () => {
  test('in part: the plan is kept, a credit note exists, and the audit says who, how much and why', async () => {
    const ada = await createSubscriber();
    const why = { reason: 'product_unsatisfactory', comment: 'Two days were lost.' };
    const made = await refundOf(ada, { amount_minor: 1_000, ...why });
    expect(made).toMatchObject({
      status: 200,
      body: {
        refund: { state: 'succeeded', amount_minor: 1_000, currency: 'usd', left_minor: PRICE - 1_000 },
        ends_at: null,
      },
    });
    expect(await backTo(ada)).toEqual([1_000]);
    expect(await plan(ada)).toBe('reel.pro');
    const { id, credit_note: note } = made.body['refund'] as { id: string; credit_note: string };
    expect(await stripe.creditNotes.retrieve(note)).toMatchObject({
      amount: 1_000,
      reason: 'product_unsatisfactory',
      refunds: [{ refund: id }],
    });
    expect(await auditOf(ada)).toMatchObject([
      {
        action: 'invoice.refund',
        user_id: operator.userId,
        changes: { amount_minor: 1_000, currency: 'usd', product: 'reel', plan: 'keep', ...why },
      },
    ]);
    const rest = await refundOf(ada);
    expect(rest.body['refund']).toMatchObject({ amount_minor: PRICE - 1_000, left_minor: 0 });
    expect(codeOf(await refundOf(ada))).toEqual([409, 'refund_too_large']);
    expect(await backTo(ada)).toEqual([PRICE]);
  });

  test.each(['end_now', 'end_at_period_end'])('and the plan does what is chosen: %s', async (choice) => {
    const ada = await createSubscriber();
    const { body } = await refundOf(ada, { amount_minor: 5, plan: choice, comment: 'It was a mistake.' });
    const { ended_at: ended, cancel_at: at, cancellation_details: details } = await subscriptionOf(ada);
    expect(body['ends_at']).toBe(new Date((ended ?? at ?? 0) * 1_000).toISOString());
    expect(ended === null).toBe(choice === 'end_at_period_end');
    expect(details?.comment).toBe('It was a mistake.');
    expect(await plan(ada)).toBe(choice === 'end_now' ? null : 'reel.pro');
  });

  test('never more than is left, which a refund in the dashboard makes less, also between our look and our request', async () => {
    const ada = await createSubscriber();
    await stripe.refunds.create({ payment_intent: ada.payment, amount: 3_000 });
    const tooMuch = await refundOf(ada, { amount_minor: 996 });
    expect(codeOf(tooMuch)).toEqual([409, 'refund_too_large']);
    expect(tooMuch.body['error']).toMatchObject({ details: { left_minor: 995 } });
    expect((await refundOf(ada)).body['refund']).toMatchObject({ amount_minor: 995, left_minor: 0 });
  });

  test('one of a disputed payment is refused', async () => {
    const ada = await createSubscriber();
    const { latest_charge: charge } = await stripe.paymentIntents.retrieve(ada.payment);
    sandbox.bank.dispute(idOf(charge));
    expect(codeOf(await refundOf(ada))).toEqual([409, 'payment_disputed']);
    await selling.endAll();
  });

  test('of another account is not found; one that is for no subscription ends none', async () => {
    const [ada, bob] = [await createSubscriber(), await customer()];
    expect(codeOf(await refundOf({ ...bob, payment: ada.payment }))).toEqual([404, 'not_found']);
    await buy(ada, { product: 'reel', add_on: 'pro_boost' });
    const boost = (await paymentsOf(ada)).find(({ payment }) => payment !== ada.payment)?.payment ?? '';
    const wrong = await refundOf({ ...ada, payment: boost }, { plan: 'end_now' });
    expect(codeOf(wrong)).toEqual([400, 'validation_failed']);
    expect((await refundOf({ ...ada, payment: boost })).status).toBe(200);
    expect(await plan(ada)).toBe('reel.pro');
    await selling.endAll();
  });
});

describe('a refund with its Idempotency-Key', () => {
  test('is made once: a repeat gets the first answer, two at once make one, another body is refused', async () => {
    const ada = await createSubscriber();
    const [one, other] = await Promise.all([0, 1].map(() => refundOf(ada, { amount_minor: 700 }, 'same')));
    expect(new Set([one?.status, other?.status])).toEqual(new Set([200, 409]));
    const again = await refundOf(ada, { amount_minor: 700 }, 'same');
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(codeOf(await refundOf(ada, { amount_minor: 701 }, 'same'))).toEqual([422, 'idempotency_mismatch']);
    expect(await backTo(ada)).toEqual([700]);
    const two = await Promise.all([0, 1].map(() => refundOf(ada, { amount_minor: 2_000 })));
    expect(new Set(two.map(({ status }) => status))).toEqual(new Set([200, 409]));
    expect(await backTo(ada)).toEqual([2_700]);
    expect(await auditOf(ada)).toHaveLength(2);
  });

  test('is made once when Stripe fails after it, or does not answer; while Stripe is away nothing is done', async () => {
    const ada = await createSubscriber();
    sandbox.faults.always('POST', { kind: 'status', status: 500 });
    expect(codeOf(await refundOf(ada, { amount_minor: 100 }, 'away'))).toEqual([503, 'store_unavailable']);
    sandbox.faults.clear();
    expect(await backTo(ada)).toEqual([0]);
    expect((await refundOf(ada, { amount_minor: 100 }, 'away')).status).toBe(200);
    const lost = { kind: 'reset', done: true } as const;
    sandbox.faults.at('POST /v1/credit_notes', lost, lost, lost);
    await refundOf(ada, { amount_minor: 200 }, 'lost');
    expect((await refundOf(ada, { amount_minor: 200 }, 'lost')).status).toBe(200);
    await drainEvents();
    expect(await backTo(ada)).toEqual([300]);
    expect(await auditOf(ada)).toHaveLength(2);
  });

  test.each([
    'before billing.change',
    'after billing.change',
    'before billing.refunded',
    'after billing.refunded',
    'before idempotency.kept',
  ])('goes on where its process died: %s', async (where) => {
    const ada = await createSubscriber();
    const order = { amount_minor: 900, plan: 'end_now' };
    death.plan(where);
    await refundOf(ada, order, 'dies').catch(() => undefined);
    death.over();
    await drainEvents();
    await later(0.01);
    expect((await refundOf(ada, order, 'dies')).status).toBe(200);
    await drainEvents();
    expect(await backTo(ada)).toEqual([900]);
    expect(await plan(ada)).toBe(null);
    expect(await auditOf(ada)).toMatchObject([{ action: 'invoice.refund' }]);
  });
});

describe('an operator', () => {
  test('has a trial end later, within a year, and nobody pays until then', async () => {
    const ada = await customer();
    await buy(ada, { product: 'gateway', plan: 'scale' });
    const { trial_ends_at: end, state } = await read(ada, 'gateway');
    expect(state).toBe('trialing');
    const at = (days: number) => new Date(Date.parse(String(end)) + days * 86_400_000).toISOString();
    const extend = (until: string) =>
      act('POST /v1/admin/billing/trial-extensions', { account_id: ada.accountId, until, comment: 'Asked.' });
    expect(codeOf(await extend(at(-1)))).toEqual([400, 'validation_failed']);
    expect(codeOf(await extend(at(367)))).toEqual([400, 'validation_failed']);
    const extended = await extend(at(30));
    expect(extended).toMatchObject({ status: 200, body: { state: 'trialing', trial_ends_at: at(30) } });
    expect((await extend(at(30))).body['trial_ends_at']).toBe(at(30));
    await later(29);
    expect(await paymentsOf(ada)).toEqual([]);
    expect(await auditOf(ada)).toMatchObject([
      {
        action: 'subscription.extend_trial',
        changes: { product: 'gateway', until: at(30), comment: 'Asked.' },
      },
      {},
    ]);
    const pro = await createSubscriber();
    const none = { account_id: pro.accountId, until: at(60) };
    expect(codeOf(await act('POST /v1/admin/billing/trial-extensions', none))).toEqual([409, 'trial_over']);
  });

  test.each(['now', 'period_end'])('cancels (%s), with a reason that Stripe keeps', async (when) => {
    const ada = await createSubscriber();
    const order = { account_id: ada.accountId, when, reason: 'too_expensive', comment: 'By phone.' };
    const { status, body } = await act('POST /v1/admin/billing/cancellations', order);
    expect([status, body['ok']]).toEqual([200, true]);
    const { cancellation_details: kept } = await subscriptionOf(ada);
    expect(kept).toMatchObject({ feedback: 'too_expensive', comment: 'By phone.' });
    expect(await plan(ada)).toBe(when === 'now' ? null : 'reel.pro');
    expect(await auditOf(ada)).toMatchObject([
      { action: 'subscription.cancel', user_id: operator.userId, changes: { when, reason: 'too_expensive' } },
    ]);
    // A repeat hears the same.
    expect((await act('POST /v1/admin/billing/cancellations', order)).body).toEqual(body);
  });
});

const withdraw = (who: Customer) => call(who.key, 'PUT /v1/billing/subscription/withdrawal', { body: {} });
const offer = async (who: Customer) => (await call(who.key, 'GET /v1/billing/subscription/withdrawal')).body;

describe('a customer who withdraws', () => {
  test('gets all of it back, the rest of what was refunded and an upgrade included, and has no plan at once', async () => {
    const ada = await createSubscriber({ product: 'reel', plan: 'basic' });
    await refundOf(ada, { amount_minor: 95 });
    const { body: preview } = await call(ada.key, 'GET /v1/billing/subscription/preview?plan=pro');
    const { due_now, unit_amount, quantity, currency, prorated_at } = preview;
    const agreed = { due_now, unit_amount, quantity, currency };
    await call(ada.key, 'POST /v1/billing/subscription/change', { body: { ...PRO, agreed, prorated_at } });
    await drainEvents();
    const paid = (await paymentsOf(ada)).reduce((sum, one) => sum + one.amount_minor, 0);
    expect(await offer(ada)).toMatchObject({ amount_minor: paid - 95, currency: 'usd', product: 'reel' });
    expect((await withdraw(ada)).status).toBe(200);
    await drainEvents();
    expect((await backTo(ada)).reduce((sum, one) => sum + one, 0)).toBe(paid);
    expect(await plan(ada)).toBe(null);
    expect((await subscriptionOf(ada)).cancellation_details?.comment).toBe('withdrawal');
    expect((await withdraw(ada)).status).toBe(200);
    expect((await backTo(ada)).reduce((sum, one) => sum + one, 0)).toBe(paid);
  });

  test('does so in the portal, which says what goes back first', async () => {
    const ada = await createSubscriber();
    const asked = { product: 'reel', return_url: 'https://app.example.com/' };
    const { body } = await call(ada.key, 'POST /v1/portal/links', { body: asked });
    const opened = await fetch(String(body['url']), { redirect: 'manual' });
    const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
    const page = await (await fetch(`${selling.url}/portal`, { headers: { cookie } })).text();
    expect(page).toContain('Withdraw from this purchase');
    const [, token = ''] = /name="token" value="([^"]+)"/.exec(page) ?? [];
    const submit = (more: Readonly<Record<string, string>>) =>
      fetch(`${selling.url}/portal`, {
        method: 'POST',
        headers: { cookie, origin: selling.url },
        body: new URLSearchParams({ token, action: 'withdraw', ...more }),
        redirect: 'manual',
      });
    expect(await (await submit({})).text()).toContain('You get $39.95 back, and your plan ends at once.');
    expect(await plan(ada)).toBe('reel.pro');
    expect((await submit({ agreed: 'yes' })).status).toBe(303);
    await drainEvents();
    expect([await backTo(ada), await plan(ada)]).toEqual([[PRICE], null]);
  });

  test('is too late after the days that are set', async () => {
    const [ada, bob] = [await createSubscriber(), await createSubscriber()];
    await later(13.9);
    expect((await act('POST /v1/admin/billing/withdrawals', { account_id: bob.accountId })).status).toBe(200);
    await later(0.2);
    expect(await offer(ada)).toMatchObject({ until: null });
    expect(codeOf(await withdraw(ada))).toEqual([409, 'withdrawal_over']);
    expect([await backTo(ada), await backTo(bob)]).toEqual([[0], [PRICE]]);
  });
});

test('where withdrawal is not set, none is offered', async () => {
  const beside = await selling.beside({ settings: { WITHDRAWAL_DAYS: '0' } });
  const ada = await createSubscriber();
  const { body } = await beside.call(ada.key, 'GET /v1/billing/subscription/withdrawal');
  expect(body).toMatchObject({ until: null, amount_minor: 0 });
  const refused = await beside.call(ada.key, 'PUT /v1/billing/subscription/withdrawal', { body: {} });
  expect(codeOf(refused)).toEqual([409, 'withdrawal_over']);
});
