import { actorOf, type Audit } from '#platform/audit';
import { commitPoint } from '#platform/db';
import { currenciesOf, type Currency, inCurrency, isPack, localName } from '#platform/entitlements';
import { type AccountId, AppError, invalidInput } from '#platform/kernel';
import type { Queue } from '#platform/queue';
import { assertAgreed } from '../agreed.ts';
import type { StripeConnection } from '../providers/stripe/client.ts';
import { payingCustomer } from '../providers/stripe/customers.ts';
import { holdCustomer } from '../providers/stripe/hold-customer.ts';
import { readCard } from '../providers/stripe/item-invoice.ts';
import { catalogueOf } from '../subscriptions/order.ts';
import { payingCurrency } from '../subscriptions/selling-parts.ts';
import type { AccountCaller } from '../visitor.ts';
import { type BuyParts, buyTopUps } from './buy.ts';
import * as store from './store.ts';
import { type TopUpView, topUpView } from './views.ts';

const SET = commitPoint('billing.top-up-set', 'that an account agreed to a top-up, or withdrew it');
const JOB = 'billing.top-ups';

export interface TopUpOrder {
  readonly product: string;
  readonly add_on: string;
  readonly threshold: number;
  readonly monthly_cap: number;
  /** The price of one pack as it was shown. */
  readonly agreed?: { readonly unit_amount: number; readonly currency: Currency } | undefined;
}

interface SellingTopUps extends BuyParts {
  readonly audit: Audit;
}

export interface TopUpsParts extends Omit<SellingTopUps, 'stripe'> {
  readonly jobs: Pick<Queue, 'handle' | 'schedule'>;
  /** undefined: nothing is sold here. */
  readonly stripe: StripeConnection | undefined;
}

/** Packs that accounts have agreed to buy by themselves (docs/sell-credits.md). */
export interface TopUps {
  list(accountId: AccountId): Promise<TopUpView[]>;
  /**
   * Keeps the consent, with the card that pays by default. Throws `validation_failed`, `price_changed`, `product_off`, `card_missing`,
   * `conflict` while a purchase of the account is under way, and `nothing_sold`.
   */
  set(visitor: AccountCaller, order: TopUpOrder): Promise<TopUpView>;
  /** Once it returns no card is charged for it. Throws `conflict` and `nothing_sold`; a consent that is not there is withdrawn. */
  withdraw(visitor: AccountCaller, of: { readonly product: string; readonly limit: string }): Promise<void>;
  /** Buys what is needed. Throws when a purchase failed otherwise than by its card. */
  run(): Promise<void>;
}

/** Registers the job that looks for what is needed each minute. */
export function createTopUps(parts: TopUpsParts): TopUps {
  const { stripe, jobs, db } = parts;
  const needed = (): SellingTopUps => {
    if (stripe === undefined) throw new AppError('nothing_sold');
    return { ...parts, stripe };
  };
  const run = async () => (stripe === undefined ? undefined : buyTopUps(needed()));
  if (stripe !== undefined) {
    jobs.handle({ kind: JOB, attempts: 1, run, giveUp: () => Promise.resolve() });
    jobs.schedule({ name: JOB, cron: '* * * * *', kind: JOB });
  }
  const list = async (accountId: AccountId) => {
    const { mode } = needed().stripe.client;
    const read = [store.topUpsOf(accountId, mode), store.attemptsOf(accountId, mode)] as const;
    const [rows, attempts] = await db.tenant(accountId, read);
    return rows.map((row) => topUpView(row, attempts));
  };
  return {
    list: async (accountId) => (stripe === undefined ? [] : list(accountId)),
    async set(visitor, order) {
      const limit = await setTopUp(needed(), visitor, order);
      const all = await list(visitor.accountId);
      const found = all.find((one) => one.product === order.product && one.limit === limit);
      if (found === undefined) throw new AppError('conflict');
      return found;
    },
    withdraw: async (visitor, of) => withdraw(needed(), visitor, of),
    run,
  };
}

/** Answers the limit. */
async function setTopUp(parts: SellingTopUps, visitor: AccountCaller, order: TopUpOrder): Promise<string> {
  const { stripe, db } = parts;
  const { accountId, caller, spender = caller } = visitor;
  const { product, threshold, monthly_cap, agreed } = order;
  const addOn = localName(product, order.add_on);
  const { addOns } = catalogueOf(parts.catalogues, product);
  const pack = Object.hasOwn(addOns, addOn) ? addOns[addOn] : undefined;
  if (!isPack(pack)) throw invalidInput('body.add_on', 'There is no such pack of credits.');
  const currency = (await payingCurrency(parts, accountId)) ?? agreed?.currency ?? pack.price.currency;
  const unit_amount = inCurrency(pack.price, currency)?.once;
  if (unit_amount === undefined)
    throw invalidInput('body.agreed.currency', `It is sold in ${currenciesOf(pack.price).join(' or ')}.`);
  assertAgreed(agreed, { unit_amount, currency });
  if (monthly_cap < unit_amount)
    throw invalidInput('body.monthly_cap', 'The cap is smaller than the price of one pack.');
  const customer = await payingCustomer({ db, client: stripe.client }, accountId);
  const card = customer === undefined ? undefined : await readCard(stripe.client, customer);
  if (customer === undefined || card === undefined) throw new AppError('card_missing');
  const { credits, limit } = pack;
  const agreed_by = spender.userId;
  const of = {
    add_on: addOn,
    threshold,
    monthly_cap,
    credits,
    unit_amount,
    currency,
    customer,
    card,
    agreed_by,
  };
  const key = { account_id: accountId, mode: stripe.client.mode, product, limit_name: limit };
  await holdCustomer(parts, accountId, async () =>
    db.system('billing.top-ups', SET, async (tx) => {
      await tx.runAll([store.keepConsent(key, of), store.closeUnpaid(key)]);
      const { customer: _customer, card: _card, agreed_by: _by, ...changes } = of;
      await parts.audit.recordIn(tx, eventOf(visitor, 'top_up.set', { product, limit, ...changes }));
    }),
  );
  return limit;
}

async function withdraw(
  parts: SellingTopUps,
  visitor: AccountCaller,
  { product, limit }: { readonly product: string; readonly limit: string },
): Promise<void> {
  const { db, stripe, audit } = parts;
  const { accountId } = visitor;
  const key = { account_id: accountId, mode: stripe.client.mode, product, limit_name: limit };
  await holdCustomer(parts, accountId, async () =>
    db.system('billing.top-ups', SET, async (tx) => {
      const [[found]] = await tx.runAll([store.withdrawConsent(key), store.closeUnpaid(key)]);
      if (found === undefined) return;
      await audit.recordIn(tx, eventOf(visitor, 'top_up.withdrawn', { product, limit, ...found }));
    }),
  );
}

function eventOf(
  { accountId, caller, origin }: AccountCaller,
  action: 'top_up.set' | 'top_up.withdrawn',
  changes: Readonly<Record<string, unknown>>,
) {
  return { action, actor: actorOf(caller), accountId, changes, origin };
}
