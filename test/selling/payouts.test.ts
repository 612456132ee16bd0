import { commitPoint, statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { afterEach, describe, expect, test } from 'vitest';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { testApp } from '@plinth/testkit/services/app';
import { openSellingApp } from './fixture.ts';

const SEEDED = commitPoint('test.payouts.seeded', 'what a payee is owed');
const death = plannedDeath();
const selling = await openSellingApp({
  crashHook: death.crashHook,
  settings: { PAYOUT_MINIMUM: 'eur=40' },
  atStripe: { heldCurrencies: ['eur'] },
});
const { call, customer, db, drainEvents, sandbox, stripe } = selling;
const operator = await selling.admin();
const { sharing, ids } = selling.app.modules;
const { connect } = sandbox;

type AccountId = Awaited<ReturnType<typeof customer>>['accountId'];
interface Payee {
  readonly accountId: AccountId;
  readonly storeId: string;
}

const onboard = (key: string, more: object = {}) =>
  call(key, 'POST /v1/developer/payee', { body: { return_url: 'https://app.example.com/', ...more } });

/** The account of a payee at the provider, which the address of its page has. */
const storeIdOf = ({ body }: { readonly body: Readonly<Record<string, unknown>> }) =>
  /(acct_\w+)/.exec(String(body['url']))?.[1] ?? '';

/** A payee who has said at the provider who they are. */
async function payee(): Promise<Payee> {
  const { accountId, key } = await customer();
  const storeId = storeIdOf(await onboard(key));
  expect(await sharing.payees().read(accountId)).toEqual({ state: 'onboarding' });
  connect.onboard(storeId);
  await drainEvents();
  expect((await call(key, 'GET /v1/developer/payee')).body).toEqual({ state: 'payable' });
  return { accountId, storeId };
}

test('a payee lives where they said first, or else where the platform is', async () => {
  const country = async (key: string, more?: object) =>
    (await stripe.accounts.retrieve(storeIdOf(await onboard(key, more)))).country;
  const [here, there] = [await customer(), await customer()];
  expect(await country(here.key)).toBe('US');
  expect(await country(there.key, { country: 'DE' })).toBe('DE');
  expect(await country(there.key, { country: 'FR' })).toBe('DE');
  expect((await onboard(there.key, { country: 'de' })).status).toBe(400);
});

test('two first calls at once, from two countries, make one account', async () => {
  const { key } = await customer();
  const before = (await stripe.accounts.list({ limit: 100 })).data.length;
  const pages = await Promise.all(['DE', 'FR'].map((country) => onboard(key, { country })));
  const again = await onboard(key);
  expect(new Set([...pages.filter(({ status }) => status === 200), again].map(storeIdOf))).toHaveLength(1);
  expect((await stripe.accounts.list({ limit: 100 })).data).toHaveLength(before + 1);
});

/** A share that is payable, of a sale of its own. */
async function owe(
  { accountId }: Pick<Payee, 'accountId'>,
  amount: number,
  { sale = ids.next(), currency = 'usd', recover = false, at = '2026-01-15' } = {},
): Promise<string> {
  await db.system('billing.payouts', SEEDED, [
    statement(
      `insert into billing.shares (account_id, id, mode, sale_id, product, item, currency, amount, total, why, payable_at, to_recover, created_at)
       values ($1, $2, 'sandbox', $3, 'reel', 'a', $4, $5, $5, 'paid', app.now() - interval '1 day', $6, $7)`,
      [accountId, ids.next(), sale, currency, amount, recover, at],
    ),
  ]);
  return sale;
}

/** The books know an account that is erased by its id alone. */
const ERASED = '00000000-0000-4000-8000-00000000e5ed';
const PERIOD = '2026-01';
const ask = (period = PERIOD) => call(operator.key, 'POST /v1/admin/payouts', { body: { period } });
async function payOut(): Promise<void> {
  expect((await ask()).status).toBe(202);
  await sharing.settle();
}

/** What an account has at the provider, of all currencies. */
const fundsAt = ({ storeId }: Payee) =>
  Object.fromEntries(
    Object.entries(connect.books().accounts[storeId] ?? {}).map(([currency, { available, pending }]) => [
      currency,
      available + pending,
    ]),
  );
const transfers = async ({ storeId }: Payee) =>
  (await stripe.transfers.list({ destination: storeId, limit: 100 })).data.map(({ amount }) => amount);
const owed = async ({ accountId }: Payee) => (await sharing.earnings(accountId, undefined)).balances;
const shown = async ({ accountId }: Payee) =>
  (await sharing.earnings(accountId, undefined)).payouts.map(({ amount, state }) => [state, amount]);

/** How often the platform's admins were written to. */
async function tellings(): Promise<number> {
  const [found] = await db.asMigrator(
    statement<{ count: number }>(
      `select (count(*) / (select count(*) from identity.users where role = 'admin'))::int as count
       from mail.messages where template = 'payouts_problem'`,
    ),
  );
  return found?.count ?? 0;
}

/** Mails and events about payouts of a payee, the oldest first. */
async function told({ accountId }: Payee): Promise<{ mails: string[]; events: unknown[] }> {
  const mails = await db.asMigrator(
    statement<{ template: string }>(
      `select template from mail.messages where account_id = $1 and template like 'payout\\_%' order by created_at, id`,
      [accountId],
    ),
  );
  const events = await db.asMigrator(
    statement<{ type: string; taken_off: number }>(
      `select type, (data ->> 'taken_off')::int as taken_off from webhooks.events where account_id = $1 and type like 'payout.%' order by position`,
      [accountId],
    ),
  );
  return {
    mails: mails.map(({ template }) => template),
    events: events.map(({ type, taken_off }) => [type, taken_off]),
  };
}

/** A process that asked and never heard is believed dead. */
const muchLater = () => advance(db, '10 minutes');

connect.fund(100_000_000, 'usd');
connect.fund(100_000_000, 'eur');
afterEach(async () => {
  sandbox.faults.clear();
  await forgetRates(selling);
});

describe('a run of payouts', () => {
  test('is refused before its month is over, pays each payee and currency once, and finds the rest when it is asked again', async () => {
    const [ada, bob] = [await payee(), await payee()];
    for (const amount of [300, 400]) await owe(ada, amount);
    await owe(ada, 50, { currency: 'eur' });
    await owe(bob, 900);
    expect(await ask('2999-12')).toMatchObject({ status: 400 });
    const month = new Date().toISOString().slice(0, 7);
    expect(await ask(month)).toMatchObject({ status: 409, body: { error: { code: 'period_not_over' } } });
    await payOut();
    expect(fundsAt(ada)).toEqual({ usd: 700, eur: 50 });
    expect(fundsAt(bob)).toEqual({ usd: 900 });
    await payOut();
    await owe(bob, 10);
    await payOut();
    expect(await transfers(bob)).toEqual([10, 900]);
    expect(await owed(bob)).toEqual([{ currency: 'usd', owed: 0, payable: 0, minimum: 1, sent: 910 }]);
    const { body } = await call(operator.key, `GET /v1/admin/payouts?period=${PERIOD}`);
    expect(body).toMatchObject({ differences: [], owed: [] });
  });

  test('keeps what is owed to a payee who can not be paid, and a sum below zero, for the next one', async () => {
    const [ada, bob] = [await payee(), await payee()];
    await owe(ada, 500);
    await owe(bob, -200);
    connect.restrictAccount(ada.storeId);
    await drainEvents();
    await payOut();
    expect([await transfers(ada), await transfers(bob)]).toEqual([[], []]);
    connect.liftRestriction(ada.storeId);
    await drainEvents();
    await owe(bob, 250);
    await payOut();
    expect([await transfers(ada), await transfers(bob)]).toEqual([[500], [50]]);
  });

  test('waits below the minimum of its currency, but of an account that is erased', async () => {
    const [ada, bob] = [await payee(), await payee()];
    for (const one of [ada, bob]) await owe(one, 39, { currency: 'eur' });
    await owe(ada, 1);
    await payOut();
    expect(await owed(ada)).toMatchObject([
      { currency: 'eur', owed: 39, payable: 39, minimum: 40 },
      { currency: 'usd', sent: 1 },
    ]);
    await owe(ada, 1, { currency: 'eur' });
    const erased = (table: string) =>
      statement(`update billing.${table} set account_id = $2 where account_id = $1`, [bob.accountId, ERASED]);
    await db.system('billing.payouts', SEEDED, [erased('payees'), erased('shares')]);
    await payOut();
    expect([await transfers(ada), await transfers(bob)]).toEqual([[40, 1], [39]]);
  });

  test('is of sales of its month and of earlier ones, with what went back of them since', async () => {
    const ada = await payee();
    const [early, late] = [await owe(ada, 500), await owe(ada, 70, { at: '2026-02-01T00:00:00Z' })];
    await owe(ada, -100, { sale: early, at: '2026-02-10' });
    await owe(ada, -20, { sale: late, at: '2026-02-10' });
    await payOut();
    expect(await transfers(ada)).toEqual([400]);
    expect(await owed(ada)).toMatchObject([{ owed: 50, payable: 50, sent: 400 }]);
    expect((await ask('2026-02')).status).toBe(202);
    await sharing.settle();
    expect(await transfers(ada)).toEqual([50, 400]);
  });

  test('is asked again each day where the balance was too small, under another key, and the operator is told once', async () => {
    const ada = await payee();
    await owe(ada, 200_000_000);
    await payOut();
    expect(await shown(ada)).toEqual([['refused', 200_000_000]]);
    await sharing.look();
    expect(await transfers(ada)).toEqual([]);
    connect.fund(200_000_000, 'usd');
    await sharing.look();
    expect(await transfers(ada)).toEqual([200_000_000]);
    expect(await shown(ada)).toEqual([['paid', 200_000_000]]);
    const { body } = await call(operator.key, `GET /v1/admin/payouts?period=${PERIOD}`);
    const all = body['data'] as readonly Readonly<Record<string, unknown>>[];
    expect(all.filter(({ account_id: of }) => of === ada.accountId)).toMatchObject([
      { state: 'paid', tries: 3 },
    ]);
    await owe(ada, 5);
    await payOut();
    const { payouts } = await sharing.earnings(ada.accountId, undefined);
    expect(payouts.map(({ amount, tries }) => [amount, tries])).toEqual([
      [5, 1],
      [200_000_000, 3],
    ]);
    expect(await tellings()).toBe(1);
    const refused = ['payout.refused', 0];
    expect(await told(ada)).toEqual({
      mails: ['payout_refused', 'payout_sent', 'payout_sent'],
      events: [refused, refused, ['payout.sent', 0], ['payout.sent', 0]],
    });
  });
});

describe('a transfer is made once', () => {
  test.each([
    ['reset', { kind: 'reset', done: true }],
    ['failure of the provider', { kind: 'status', status: 500, done: true }],
    ['limit of requests', { kind: 'status', status: 429 }],
  ] as const)('though its answer was lost: %s', async (_what, fault) => {
    const ada = await payee();
    await owe(ada, 123);
    sandbox.faults.always('POST /v1/transfers', fault);
    expect((await ask()).status).toBe(202);
    await expect(sharing.settle()).rejects.toThrow();
    sandbox.faults.clear();
    expect(await shown(ada)).toEqual([['open', 123]]);
    await muchLater();
    // The provider has forgotten the key by then.
    sandbox.advance(2 * 86_400);
    await sharing.settle();
    expect([await transfers(ada), await shown(ada)]).toEqual([[123], [['paid', 123]]]);
  });

  test('though of a first try the answer was lost, and a second one is refused', async () => {
    const ada = await payee();
    const sale = await owe(ada, 123);
    const lostAndRefused = [
      { kind: 'reset', done: true },
      { kind: 'status', status: 401 },
    ] as const;
    sandbox.faults.at('POST /v1/transfers', ...lostAndRefused);
    await payOut();
    expect([await transfers(ada), await shown(ada)]).toEqual([[123], [['paid', 123]]]);
    sandbox.faults.at('POST /v1/transfers/', ...lostAndRefused);
    await owe(ada, -23, { sale, recover: true });
    await sharing.settle();
    expect(fundsAt(ada)).toEqual({ usd: 100 });
    expect(await owed(ada)).toEqual([{ currency: 'usd', owed: 0, payable: 0, minimum: 1, sent: 100 }]);
  });

  test('though its request is slow, and another process finds nothing and sends it too', async () => {
    const ada = await payee();
    await owe(ada, 456);
    sandbox.faults.at('POST /v1/transfers', { kind: 'wait' });
    expect((await ask()).status).toBe(202);
    const slow = sharing.settle();
    await sandbox.faults.untilHeld(1);
    await muchLater();
    const beside = await selling.beside();
    await beside.app.modules.sharing.settle().catch(() => {});
    sandbox.faults.clear();
    await slow.catch(() => {});
    await muchLater();
    await sharing.settle();
    expect([await transfers(ada), await shown(ada)]).toEqual([[456], [['paid', 456]]]);
  });

  test.each([
    'before billing.payout-opened',
    'after billing.payout-opened',
    'before billing.payout-closed',
    'after billing.payout-closed',
    'before billing.payout-run-ended',
    'after billing.payout-run-ended',
  ])('though its process dies %s', async (where) => {
    const ada = await payee();
    await owe(ada, 321);
    expect((await ask()).status).toBe(202);
    death.plan(where);
    await sharing.settle().catch(() => {});
    death.over();
    await muchLater();
    await sharing.settle();
    await payOut();
    expect([await transfers(ada), await shown(ada)]).toEqual([[321], [['paid', 321]]]);
  });

  test('by two processes at once', async () => {
    const beside = await selling.beside();
    const all = await Promise.all([payee(), payee(), payee(), payee(), payee()]);
    for (const one of all) await owe(one, 77);
    expect((await ask()).status).toBe(202);
    await Promise.all([sharing.settle(), beside.app.modules.sharing.settle()]);
    await muchLater();
    await sharing.settle();
    expect(await Promise.all(all.map(transfers))).toEqual(all.map(() => [77]));
  });
});

describe('a share that went back', () => {
  test('is taken of its transfer, once, though the answer is lost and the process dies', async () => {
    const ada = await payee();
    const sale = await owe(ada, 700);
    await owe(ada, 1_000);
    await payOut();
    await owe(ada, -233, { sale, recover: true });
    sandbox.faults.at(
      'POST /v1/transfers/',
      ...Array.from({ length: 3 }, () => ({ kind: 'reset', done: true }) as const),
    );
    await expect(sharing.settle()).rejects.toThrow();
    await muchLater();
    death.plan('before billing.share-recovered');
    await sharing.settle().catch(() => {});
    death.over();
    await muchLater();
    await sharing.settle();
    expect(fundsAt(ada)).toEqual({ usd: 1_467 });
    expect(await owed(ada)).toEqual([{ currency: 'usd', owed: 0, payable: 0, minimum: 1, sent: 1_467 }]);
  });

  test('is a debt where the provider refuses that, and the next payout is smaller by it', async () => {
    const ada = await payee();
    const sale = await owe(ada, 700);
    await payOut();
    sandbox.faults.at('POST /v1/transfers/', { kind: 'status', status: 400, code: 'balance_insufficient' });
    await owe(ada, -700, { sale, recover: true });
    await sharing.settle();
    expect(await owed(ada)).toEqual([{ currency: 'usd', owed: -700, payable: -700, minimum: 1, sent: 700 }]);
    await owe(ada, 1_000);
    await payOut();
    expect(await transfers(ada)).toEqual([300, 700]);
    expect((await told(ada)).events).toEqual([
      ['payout.sent', 0],
      ['payout.sent', 700],
    ]);
  });
});

test('what differs from the books of the provider is shown, and told once', async () => {
  const before = await tellings();
  const ada = await payee();
  await owe(ada, 600);
  await payOut();
  expect(await sharing.look()).toEqual([]);
  const [transfer] = (await stripe.transfers.list({ destination: ada.storeId })).data;
  await stripe.transfers.createReversal(transfer?.id ?? '', { amount: 100 });
  expect(await sharing.look()).toMatchObject([{ transfer: transfer?.id, ours: 600, theirs: 500 }]);
  await sharing.look();
  const { body } = await call(operator.key, 'GET /v1/admin/payouts');
  expect(body['differences']).toMatchObject([{ ours: 600, theirs: 500 }]);
  expect(await tellings()).toBe(before + 1);
});

test('a run ends where nobody was sold anything, and the sandbox was never asked', async () => {
  const fresh = await testApp({ settings: { SANDBOX_STRIPE: 'true' }, work: false });
  const { key } = await fresh.admin();
  expect((await fresh.call(key, 'POST /v1/admin/payouts', { body: { period: PERIOD } })).status).toBe(202);
  expect((await fresh.call(key, 'GET /v1/admin/payouts')).body).toMatchObject({ running: PERIOD });
  await fresh.app.modules.sharing.settle();
  expect((await fresh.call(key, 'GET /v1/admin/payouts')).body).toMatchObject({ running: null });
});
