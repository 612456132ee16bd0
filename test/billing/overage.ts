import { createAudit } from '#platform/audit';
import { createOverage, createStripeClient, createStripeMeter } from '#platform/billing';
import { commitPoint, type CrashHook, statement } from '#platform/db';
import { catalogueOf, createEntitlements, type PlainDeclaration } from '#platform/entitlements';
import { type AccountId, usd } from '#platform/kernel';
import type { Permit } from '#platform/limits';
import { createStripeSandbox } from '#sandbox/stripe';
import { advanceTo, databaseTime, ids, makeAccount, type Member, stopTime } from '@plinth/testkit/factories';
import { permitOf, openNode, request } from '@plinth/testkit/fixtures/limits';
import { testDatabase } from '@plinth/testkit/services';
import { atEndOfFile } from '@plinth/testkit/closing';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';

const POINT = commitPoint('test.overage', 'what a test of overage sets up');
const DAY = 86_400_000;

const price = (monthly: number) => ({ currency: 'usd' as const, monthly });
const posts = [{ limit: 'posts', micros: usd('0.01') }];
const declaration = {
  key: 'demo',
  name: 'Demo',
  holds: 'both',
  limits: { posts: { kind: 'quota', per: 'month', by: 'account' } },
  features: { post: { consumes: ['posts'], reserve: usd('0'), longestSeconds: 366 * 86_400 } },
  plans: {
    free: { name: 'Free', rank: 0, price: price(0), grants: { posts: 2 } },
    pro: { name: 'Pro', rank: 1, price: price(900), grants: { posts: 10 }, overage: posts },
    max: { name: 'Max', rank: 2, price: price(1_900), grants: { posts: 50 }, overage: posts },
  },
  defaultPlan: 'free',
} as const satisfies PlainDeclaration;

/** A shop that bills units past a quota at Stripe. Its jobs run when a test says so. */
export async function openOverageFixture(crashHook: CrashHook = () => {}) {
  const { db } = await testDatabase({ crashHook });
  // The middle of a month: none ends while its units are counted.
  await stopTime(db);
  await advanceTo(db, '2031-01-15T12:00:00Z');
  const sandbox = await createStripeSandbox({ driven: await databaseTime(db) });
  atEndOfFile(() => sandbox.close());
  const catalogue = catalogueOf(declaration);
  const entitlements = createEntitlements({ db, ids, audit: createAudit({ ids }), catalogues: [catalogue] });
  await entitlements.syncCatalogues();
  const { limits } = await openNode(db, [catalogue]);
  const client = createStripeClient({ ...sandbox, mode: 'sandbox', crashHook });
  const stripe = packageAt(sandbox);
  const counter = await stripe.billing.meters.create({
    display_name: 'posts',
    event_name: 'plinth_demo_posts',
    default_aggregation: { formula: 'sum' },
  });
  const log = { error() {} };
  const overage = createOverage({
    db,
    entitlements,
    log,
    usage: limits.usage,
    jobs: { handle() {}, schedule() {} },
    provider: { mode: 'sandbox', meter: createStripeMeter(client) },
  });
  const admit = (member: Member, units: number) =>
    limits.admit(request(member, { feature: 'post', units }, 'demo'));
  const visit = { origin: { requestId: 'r', ip: '', userAgent: '' } };

  async function subscribe(
    accountId: AccountId,
    plan: 'pro' | 'max' | undefined,
    source: 'stripe' | 'app_store' = 'stripe',
  ) {
    const now = await databaseTime(db);
    const of = { product: 'demo', quantity: 1, startsAt: new Date(now.getTime() - DAY), revokedAt: null };
    const lasts = { externalId: `sub_${accountId}`, endsAt: new Date(now.getTime() + 400 * DAY) };
    await db.system('billing.inbox', POINT, (tx) =>
      entitlements.providerGrantsIn(tx, {
        accountId,
        source,
        grants: plan === undefined ? [] : [{ ...of, ...lasts, plan }],
      }),
    );
  }

  return {
    db,
    sandbox,
    overage,
    limits,
    admit,
    subscribe,
    /** A customer who pays for a plan at Stripe. */
    async customer(plan: 'pro' | 'max' = 'pro'): Promise<Member & { readonly customer: string }> {
      const member = await makeAccount(db);
      const { id: customer } = await stripe.customers.create({ email: 'ada@example.com' });
      await subscribe(member.accountId, plan);
      await db.system('billing.inbox', POINT, insertSubscription(member.accountId, customer, plan));
      return { ...member, customer };
    },
    choose: (member: Member, most: number) =>
      overage.choose(
        { ...visit, accountId: member.accountId, caller: { kind: 'user', userId: member.userId } as never },
        { product: 'demo', limit: 'posts', most, agreed: { unit_micros: 10_000, currency: 'usd' } },
      ),
    /** Uses units for good. */
    async use(member: Member, units: number): Promise<void> {
      await permitOf(await admit(member, units)).settle();
    },
    /** Begins to use units; how it ends is the test's affair. */
    begin: async (member: Member, units: number): Promise<Permit> => permitOf(await admit(member, units)),
    /** As the shop's owner may in Stripe's dashboard. */
    deleteCustomer: (customer: string) => stripe.customers.del(customer),
    /** What Stripe bills a customer for. */
    async billed(customer: string): Promise<number> {
      const until = Math.floor(sandbox.now().getTime() / 1_000) + 400 * 86_400;
      const { data } = await stripe.billing.meters.listEventSummaries(counter.id, {
        customer,
        start_time: 0,
        end_time: until,
      });
      return data.reduce((sum, { aggregated_value }) => sum + aggregated_value, 0);
    },
    /** A minute later, on our clock and on Stripe's. */
    async later(seconds = 60): Promise<void> {
      await db.script(`update app.clock set ahead = ahead + interval '${seconds} seconds'`);
      await db.script(`update limits.holders set expires_at = expires_at + interval '${seconds} seconds'`);
      sandbox.advance(seconds);
    },
    reports: (accountId: AccountId) =>
      db.asMigrator(
        statement<{ units: number; state: string; refusal: string | null }>(
          'select units, state, refusal from billing.overage_reports where account_id = $1 order by created_at, units',
          [accountId],
        ),
      ),
  };
}

/** The rows that a subscription at Stripe is folded into. */
function insertSubscription(accountId: AccountId, customer: string, plan: string) {
  const storeId = `sub_${accountId}`;
  return [
    statement(
      `insert into billing.objects (store, mode, kind, object_id, number, customer, state, account_id)
       values ('stripe', 'sandbox', 'subscription', $1, 1, $2, 'applied', $3)`,
      [storeId, customer, accountId],
    ),
    statement(
      `insert into billing.subscriptions (account_id, id, store, mode, store_id, product, plan, cycle, quantity, unit_amount, currency, state,
         starts_at, period_starts_at, period_ends_at)
       values ($1, $2, 'stripe', 'sandbox', $3, 'demo', $4, 'monthly', 1, 900, 'usd', 'active', app.now(), app.now(), app.now() + interval '1 month')`,
      [accountId, ids.next(), storeId, plan],
    ),
  ];
}
