import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { describe, expect, test } from 'vitest';
import type { Customer } from '@plinth/testkit/services/app';
import { coditectFixture } from './fixture.ts';
import { plannedDeath } from '@plinth/testkit/fixtures/planned-death';

const death = plannedDeath();
const fixture = await coditectFixture({
  crashHook: death.crashHook,
});
const { audited, call, customer, db, drainEvents, licensee, createLicensee, sandbox, stripe } = fixture;

/** Pays for a plan, and has the provider's messages come in without being looked at. Answers the checkout session. */
async function pays(who: Customer, more: object = {}): Promise<string> {
  const { body } = await call(who.key, 'POST /v1/checkout/session', { body: { plan_id: 'pro', ...more } });
  await sandbox.pay(String(body['checkout_url']));
  await sandbox.idle();
  return String(body['session_id']);
}

const pageOf = async (session: string) =>
  (await fetch(`${fixture.url}/v1/checkout/success?session_id=${session}`)).text();
const licenses = async (who: Customer) =>
  (await call(who.key, 'GET /v1/licenses')).body['data'] as readonly object[];
const letters = (who: Customer) =>
  db.asMigrator(
    statement<{ event: string }>(
      `select payload->>'event' as event from jobs.jobs where account_id = $1 and kind = 'coditect.letters'`,
      [who.accountId],
    ),
  );

describe('a purchase', () => {
  test('is one commit with its licence, the audit of it and the job that signs its file and writes its mail', async () => {
    const { who } = await licensee('pro');
    const rows = await db.asMigrator(
      statement<{ what: string; commit: string }>(
        `select 'plan' as what, s.xmin::text as commit from entitlements.snapshots s
           where s.account_id = $1 and s.product = 'coditect' and s.version =
             (select min(f.version) from entitlements.snapshots f where f.account_id = $1 and f.timeline::text like '%coditect.pro%')
         union all select 'audit', e.xmin::text from audit.events e where e.account_id = $1 and e.action = 'coditect.license.issued'
         union all select 'letter', j.xmin::text from jobs.jobs j where j.account_id = $1 and j.kind = 'coditect.letters'`,
        [who.accountId],
      ),
    );
    expect(rows.map(({ what }) => what).toSorted()).toEqual(['audit', 'letter', 'plan']);
    expect(new Set(rows.map(({ commit }) => commit)).size).toBe(1);
  });

  test.each(['before', 'after'])(
    'whose commit is cut %s it is done is a plan and one licence with one mail in the end, and never one without the other',
    async (phase) => {
      const who = await customer();
      const session = await pays(who);
      death.plan(`${phase} billing.applied`, Infinity);
      await drainEvents().catch(() => {});
      const held = (await fixture.plan(who, 'coditect')) === 'coditect.pro';
      expect([(await licenses(who)).length, (await letters(who)).length]).toEqual(held ? [1, 1] : [0, 0]);
      if (!held) expect(await pageOf(session)).toContain('is being confirmed');
      death.over();
      await advance(db, '10 minutes');
      await drainEvents();
      expect(await licenses(who)).toMatchObject([{ status: 'active', tier: 'pro' }]);
      expect([await letters(who), await audited(who)]).toEqual([[{ event: 'issued' }], ['issued']]);
      expect(await pageOf(session)).toContain(await createLicensee(who).key());
    },
  );

  test('of a former licensee shows the key when the plan is in effect, and not before', async () => {
    const ada = await licensee();
    const key = await ada.key();
    await call(ada.who.key, 'DELETE /v1/billing/subscription?product=coditect&when=now');
    await drainEvents();
    const { body } = await call(ada.who.key, 'POST /v1/checkout/session', { body: { plan_id: 'pro' } });
    const session = String(body['session_id']);
    // The provider has told of the page, and not yet of what was bought on it.
    await db.asMigrator(
      statement(`update billing.checkouts set state = 'complete' where session = $1`, [session]),
    );
    const early = await pageOf(session);
    expect(early).toContain('is being confirmed');
    expect(early).not.toContain(key);
    await sandbox.pay(String(body['checkout_url']));
    await drainEvents();
    const page = await pageOf(session);
    expect(page).toContain(key);
    expect(page).toContain('10 machines');
  });
});

describe('the page of the provider', () => {
  test('leads back to the pages of this server, or to those that were named', async () => {
    const [ada, bob] = [await customer(), await customer()];
    const own = {
      success_url: 'https://app.example.com/a?s={CHECKOUT_SESSION_ID}',
      cancel_url: 'https://app.example.com/b',
    };
    const ours = await stripe.checkout.sessions.retrieve(await pays(ada));
    expect(ours.success_url).toMatch(/^http.*\/v1\/checkout\/success\?session_id=\{CHECKOUT_SESSION_ID\}$/);
    expect(ours.cancel_url).toMatch(/^http.*\/v1\/checkout\/cancel$/);
    expect(await stripe.checkout.sessions.retrieve(await pays(bob, own))).toMatchObject(own);
  });
});

test('calls of the plan document that need a provider or a signing key answer at its paths too', async () => {
  const ada = await licensee('pro');
  const bob = await customer();
  for (const slash of ['', '/']) {
    const bought = await call(bob.key, `POST /api/v1/checkout/session${slash}`, {
      body: { plan_id: 'coditect.pro' },
    });
    expect([bought.status, bought.body]).toMatchObject([
      201,
      { checkout_url: expect.stringMatching(/^http/) },
    ]);
    const file = await call(ada.who.key, `GET /api/v1/licenses/${await ada.id()}/download${slash}`);
    expect(Object.keys(file.body)).toEqual(['license', 'signatures']);
    for (const path of ['subscriptions/webhook', 'webhooks/stripe']) {
      const event = { id: 'evt_1', object: 'event', type: 'invoice.payment_succeeded' };
      const forged = await call(undefined, `POST /api/v1/${path}${slash}`, { body: event });
      expect([forged.status, forged.body['error']], path).toMatchObject([401, { code: 'webhook_forged' }]);
    }
  }
});
