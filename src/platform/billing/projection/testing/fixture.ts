import { createAudit } from '#platform/audit';
import { commitPoint, type Database, statement } from '#platform/db';
import { catalogueOf, createEntitlements } from '#platform/entitlements';
import { type AccountId, createIds, systemClock, systemRandom, usd } from '#platform/kernel';
import { createMail, type Mail, type Transport } from '#platform/mail';
import { createSecrets, newMasterKey } from '#platform/secrets';
import { createWebhooks } from '#platform/webhooks';
import type { Facts, ObjectRef } from '../../facts.ts';
import { createProjection } from '../projection.ts';
import type { ObjectFixture } from './objects.ts';

const APPLY = commitPoint('test.billing.projection', 'an object of a payment provider, applied by a test');

const price = (monthly: number) => ({ currency: 'usd' as const, monthly });
const catalogue = catalogueOf({
  key: 'demo',
  name: 'Demo',
  holds: 'both',
  limits: { posts: { kind: 'quota', per: 'month', by: 'account' } },
  features: { post: { consumes: ['posts'], reserve: usd('0'), longestSeconds: 60 } },
  plans: {
    basic: { name: 'Basic', rank: 1, price: price(595), grants: { posts: 10 } },
    pro: { name: 'Pro', rank: 3, price: price(3_995), grants: { posts: 100 } },
  },
  addOns: { boost: { name: 'Boost', price: { currency: 'usd', once: 1_995 }, days: 30, lifts: 'pro' } },
});

const nothing: Facts = { customer: 'cus_1', claims: undefined, foreign: false, also: [] };

/** A projection with all that it writes to, on a test's database. */
export async function openProjection(db: Database, transport: Transport) {
  const ids = createIds({ clock: systemClock, random: systemRandom });
  const secrets = createSecrets({ keys: [newMasterKey(systemRandom)] });
  const audit = createAudit({ ids });
  const webhooks = createWebhooks({ db, ids, random: systemRandom, secrets, audit, allowLoopback: false });
  const entitlements = createEntitlements({ db, ids, catalogues: [catalogue], audit, webhooks });
  const mail = createMail({
    db,
    ids,
    secrets,
    transport,
    random: systemRandom,
    queue: { handle() {}, enqueueing: () => [], wake() {} },
    settings: { from: { name: 'Plinth', address: 'plinth@example.com' } },
    log: { info() {}, warn() {} },
  });
  const letters: unknown[] = [];
  const sending: Mail['sending'] = (message) => {
    letters.push([message.template, message.facts]);
    return mail.sending(message);
  };
  const projection = createProjection({
    entitlements,
    webhooks,
    mail: { sending, wake: mail.wake },
    audit,
    freeAccountsPerUser: 1,
  });
  await entitlements.syncCatalogues();

  return {
    /** What mails said, in the order in which they were stored. */
    letters,
    /** Applies an object as an account's. */
    apply: ({ ref, facts }: ObjectFixture, accountId: AccountId) =>
      db.system('billing.inbox', APPLY, (tx) =>
        projection.applyIn(tx, {
          provider: 'stripe',
          mode: 'test',
          ref,
          facts: { ...nothing, ...facts },
          accountId,
        }),
      ),
    /** Gives a purchase, and all that belongs to it, to another account. */
    move: ({ kind, id }: ObjectRef, { from, to }: { readonly from: AccountId; readonly to: AccountId }) =>
      db.system('billing.inbox', APPLY, async (tx) => {
        await tx.run(
          statement(
            `insert into billing.objects (store, mode, kind, object_id, number, customer, state, account_id)
             values ('stripe', 'test', $1, $2, 1, $2, 'applied', $3)`,
            [kind, id, from],
          ),
        );
        await projection.moveIn(tx, { provider: 'stripe', mode: 'test', customer: id, from, accountId: to });
      }),
    /** Empties an account's rows and tells these objects again, in one commit. */
    rebuild: (told: readonly ObjectFixture[], accountId: AccountId) =>
      db.system('billing.inbox', APPLY, async (tx) => {
        const providerMode = { provider: 'stripe', mode: 'test', accountId } as const;
        for (const table of ['subscriptions', 'invoices', 'payments'])
          await tx.run(statement(`delete from billing.${table} where account_id = $1`, [accountId]));
        for (const { ref, facts } of told)
          await projection.applyIn(tx, {
            ...providerMode,
            ref,
            facts: { ...nothing, ...facts },
            isRebuild: true,
          });
        await projection.deriveIn(tx, providerMode);
      }),
    /** The plan in effect now, and until when. */
    async plan(accountId: AccountId): Promise<readonly [string | null, string | null]> {
      const [demo] = await entitlements.current(accountId);
      return [demo?.plan ?? null, demo?.until ?? null];
    },
    rows: <Row>(sql: string, accountId: AccountId) => db.asMigrator(statement<Row>(sql, [accountId])),
  };
}
