import { beforeAll, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '#platform/kernel';
import { advance } from '@plinth/testkit/factories';
import { engine } from '@plinth/testkit/services';
import { type Customer, testApp, type TestApp } from '@plinth/testkit/services/app';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { toAnswer, OTHER } from './mailbox.ts';

/** Time of both nodes, and with it the database's. */
const ahead = { wall: 0, monotonic: 0 };
const clock: Clock = {
  now: () => systemClock.now() + ahead.wall,
  monotonic: () => systemClock.monotonic() + ahead.monotonic,
};
/** No server listens there: Redis is gone. */
const settings = { REDIS_URL: 'redis://127.0.0.1:1' };
let here: TestApp;
/** A node that no signal reaches any more. */
let withoutSignals: TestApp;
let admin: Customer;
const nodes: TestApp[] = [];
// The embedded database has one process.
const onPostgres = test.runIf(engine === 'postgres');

beforeAll(async () => {
  if (engine !== 'postgres') return;
  here = await testApp({ clock, settings });
  withoutSignals = await testApp({
    clock,
    settings,
    beside: here,
    work: false,
    over: (db) => ({ ...db, onSignal: () => () => {}, carrySignals: () => () => {} }),
  });
  nodes.push(here, withoutSignals);
  admin = await here.admin();
});

async function renew(): Promise<void> {
  for (const { app } of nodes) await app.modules.holder.renew();
}

/** Moves time on. The clock that never jumps moves by ten seconds at most, or the nodes would take their leases for lost. */
async function pass(seconds: number): Promise<void> {
  await renew();
  ahead.wall += seconds * 1_000;
  ahead.monotonic += Math.min(seconds, 10) * 1_000;
  await renew();
  await advance(here.db, `${seconds} seconds`);
}

interface Tokens {
  readonly access: string;
  readonly refresh: string;
}

async function signIn({ email, password }: Customer): Promise<Tokens> {
  const { body } = await here.call(undefined, 'POST /v1/auth/login', { body: { email, password } });
  return { access: String(body['access_token']), refresh: String(body['refresh_token']) };
}

const getMe = async (on: TestApp, token: string) => (await on.call(token, 'GET /v1/me')).status;
const refresh = (on: TestApp, token: string) =>
  on.call(undefined, 'POST /v1/auth/refresh', { body: { refresh_token: token } });
let asked = 0;
/** What costs money. */
const create = async (on: TestApp, token: string) => {
  asked += 1;
  const headers = { 'idempotency-key': `revocation-${asked}` };
  const body = { platform: 'x', topic: 'engines', variants: 1 };
  return (await on.call(token, 'POST /v1/create', { headers, body })).status;
};

/** Every way in which a session ends before its time. */
const WAYS: readonly (readonly [way: string, end: (whose: Customer, tokens: Tokens) => Promise<unknown>])[] =
  [
    ['its user signed out', (_whose, { access }) => here.call(access, 'POST /v1/auth/logout')],
    [
      'its user ended from another device',
      async (whose, { access }) => {
        const { body } = await here.call(access, 'GET /v1/auth/sessions');
        const [session] = body['data'] as { id: string }[];
        const other = await signIn(whose);
        return here.call(other.access, `DELETE /v1/auth/sessions/${session?.id}`);
      },
    ],
    ['its user signed out everywhere', (_whose, { access }) => here.call(access, 'POST /v1/auth/logout-all')],
    [
      'whose user an admin suspended',
      ({ userId }) => here.call(admin.key, `POST /v1/admin/users/${userId}/suspend`),
    ],
    [
      'whose user chose another password',
      ({ password }, { access }) =>
        here.call(access, 'POST /v1/auth/change-password', { body: { password, new_password: OTHER } }),
    ],
    [
      'whose refresh token came back',
      async (_whose, { refresh: token }) => {
        await refresh(here, token);
        await pass(11);
        return refresh(here, token);
      },
    ],
  ];

describe('on a node without signals, with Redis gone, a session', () => {
  onPostgres.each(WAYS)(
    '%s spends nothing at once, is not refreshed, and is over within ten seconds',
    async (_way, end) => {
      await forgetRates(here);
      const customer = await here.customer('reel.basic');
      const tokens = await signIn(customer);
      expect(await create(withoutSignals, tokens.access)).toBe(202);
      await end(customer, tokens);
      expect(await getMe(here, tokens.access)).toBe(401);
      expect(await create(withoutSignals, tokens.access)).toBe(401);
      expect(toAnswer(await refresh(withoutSignals, tokens.refresh))).toMatchObject({
        status: 401,
        code: 'unauthenticated',
      });
      await pass(10);
      expect(await getMe(withoutSignals, tokens.access)).toBe(401);
    },
  );

  onPostgres('that was ended is known there for some seconds, or this would show nothing', async () => {
    const { access } = await signIn(await here.customer());
    expect(await getMe(withoutSignals, access)).toBe(200);
    await here.call(access, 'POST /v1/auth/logout');
    expect(await getMe(withoutSignals, access)).toBe(200);
    await pass(10);
    expect(await getMe(withoutSignals, access)).toBe(401);
  });

  onPostgres('that was ended while the machine slept is over when it wakes', async () => {
    const { access } = await signIn(await here.customer());
    expect(await getMe(withoutSignals, access)).toBe(200);
    await here.call(access, 'POST /v1/auth/logout');
    // The clock that never jumps stands still.
    ahead.wall += 10_000;
    await advance(here.db, '10 seconds');
    expect(await getMe(withoutSignals, access)).toBe(401);
  });
});

onPostgres('two tabs that refresh at once on two nodes keep one session, and both go on', async () => {
  const customer = await here.customer();
  const { refresh: token } = await signIn(customer);
  const tabs = await Promise.all(
    [here, withoutSignals, here, withoutSignals].map((on) => refresh(on, token)),
  );
  expect(tabs.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  await pass(60);
  for (const { body } of tabs)
    expect((await refresh(withoutSignals, String(body['refresh_token']))).status).toBe(200);
  const { body } = await here.call(String(tabs[0]?.body['access_token']), 'GET /v1/auth/sessions');
  expect(body['data']).toHaveLength(1);
});

onPostgres(
  'of two who come back with a used token at once on two nodes, both are refused, and one mail says so',
  async () => {
    const customer = await here.customer();
    const { refresh: token } = await signIn(customer);
    const newest = await refresh(here, token);
    await pass(11);
    const replies = await Promise.all([here, withoutSignals].map((on) => refresh(on, token)));
    expect(replies.map(({ status }) => status)).toEqual([401, 401]);
    expect((await refresh(withoutSignals, String(newest.body['refresh_token']))).status).toBe(401);
    const mails = (await here.outbox()).filter(({ to }) => to === customer.email);
    expect(mails.map(({ subject }) => subject)).toEqual(['We ended one of your sessions']);
  },
);

/** A node whose settings let a session last two days. */
async function strictNode(): Promise<TestApp> {
  const node = await testApp({ clock, beside: here, work: false, settings: { SESSION_LIFETIME_DAYS: '2' } });
  nodes.push(node);
  return node;
}

onPostgres('a session ends when it is as old as the settings allow, however much it is used', async () => {
  const strict = await strictNode();
  const customer = await here.customer();
  const body = { email: customer.email, password: customer.password };
  const first = await strict.call(undefined, 'POST /v1/auth/login', { body });
  let token = String(first.body['refresh_token']);
  for (let n = 0; n < 3; n += 1) {
    await pass(15 * 3_600);
    const reply = await refresh(strict, token);
    expect(reply.status).toBe(200);
    token = String(reply.body['refresh_token']);
  }
  await pass(3 * 3_600);
  expect((await refresh(strict, token)).status).toBe(401);
});

onPostgres('a shorter lifetime ends sessions that were opened under a longer one', async () => {
  const customer = await here.customer();
  const { refresh: token } = await signIn(customer);
  await pass(3 * 24 * 3_600);
  const strict = await strictNode();
  expect((await refresh(strict, token)).status).toBe(401);
  expect((await refresh(here, token)).status).toBe(200);
});
