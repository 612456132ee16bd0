import { statement } from '#platform/db';
import type { Customer, Reply } from '@plinth/testkit/services/app';
import { changesPlan } from './agreed.ts';
import type { SellingApp } from './fixture.ts';

/** What a customer asks of their subscription, of Reel where no product is said. */
export function subscriptionCalls({ call, customer, buy, db, order, sandbox, stripe }: SellingApp) {
  return {
    change: (who: Customer, body: Readonly<Record<string, unknown>>): Promise<Reply> =>
      changesPlan(call, who, body),
    cancel: (who: Customer, query = '', product = 'reel'): Promise<Reply> =>
      call(who.key, `DELETE /v1/billing/subscription?product=${product}${query}`),
    /** At the price that is shown; where none is, at one that is none. */
    async resume({ key }: Customer, product = 'reel'): Promise<Reply> {
      const { body: shown } = await call(key, `GET /v1/billing/subscription?product=${product}`);
      const { price = { unit_amount: 0, currency: 'usd' }, quantity = 1 } = shown;
      const agreed = { ...(price as object), quantity };
      return call(key, 'POST /v1/billing/subscription/resume', { body: { product, agreed } });
    },
    /** What was mailed to an account, by the names of templates, oldest first. */
    async mailsOf({ accountId }: Customer): Promise<string[]> {
      const rows = await db.asMigrator(
        statement<{ template: string }>(
          'select template from mail.messages where account_id = $1 order by created_at, id',
          [accountId],
        ),
      );
      return rows.map(({ template }) => template);
    },
    /** A new customer who has bought that. */
    async holding(what: Readonly<Record<string, unknown>>): Promise<Customer> {
      const who = await customer();
      await buy(who, what);
      return who;
    },
    /** They try a plan, and end it at the provider, which tells no server until it is released. */
    async triesUntold(who: Customer, what: Readonly<Record<string, unknown>>): Promise<void> {
      const { body } = await order(who, what);
      sandbox.hold();
      await sandbox.pay(String(body['checkout_url']));
      const [tried] = (await stripe.subscriptions.list({ limit: 1 })).data;
      if (tried?.status !== 'trialing') throw new Error('this is no trial');
      await stripe.subscriptions.cancel(tried.id);
    },
    /** The provider's id of the account's subscription. */
    async storeId({ accountId }: Customer): Promise<string> {
      const [row] = await db.asMigrator(
        statement<{ store_id: string }>(
          'select store_id from billing.subscriptions where account_id = $1 order by id desc limit 1',
          [accountId],
        ),
      );
      return row?.store_id ?? '';
    },
  };
}
