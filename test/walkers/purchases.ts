import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { TestApp } from '@plinth/testkit/services/app';

/** A top-up that is stopped, as jobs leave it alone, and an attempt of it. */
const TOP_UP = [
  `insert into billing.top_ups (account_id, mode, product, limit_name, add_on, threshold, monthly_cap, credits, unit_amount, currency,
         customer, card, card_brand, card_last4, agreed_by, agreed_at, taken, stopped_for, stopped_at)
       values ($1, 'sandbox', 'gateway', 'image_calls', 'image_pack', 10, 5000, 500, 1000, 'usd', 'cus_' || $2, 'pm_1', 'visa', '4242', $1, app.now(), 0,
         'price_changed', app.now()) on conflict do nothing`,
  `insert into billing.top_up_attempts (account_id, id, mode, product, limit_name, add_on, quantity, unit_amount, currency, customer, card, agreed_at, state)
       values ($1, $2, 'sandbox', 'gateway', 'image_calls', 'image_pack', 1, 1000, 'usd', 'cus_' || $2, 'pm_1', app.now(), 'paid')`,
];

/** What an account bought, and what a store told of it: no call of ours makes it. */
export async function makePurchases({ app, db, stripe }: TestApp, accountId: AccountId): Promise<void> {
  const id = app.modules.ids.next();
  const sold = `$1, $2, 'stripe', 'sandbox'`;
  const columns = 'account_id, id, store, mode, store_id';
  const rows = [
    `insert into billing.customers (account_id, store, mode, customer) values ($1, 'stripe', 'sandbox', 'cus_' || $2)`,
    `insert into billing.subscriptions (${columns}, product, plan, cycle, quantity, unit_amount, currency, state, starts_at, period_starts_at, period_ends_at, ended_at)
       values (${sold}, 'sub_' || $2, 'reel', 'pro', 'monthly', 1, 4900, 'usd', 'canceled', app.now(), app.now(), app.now() + interval '1 month', app.now())`,
    `insert into billing.invoices (${columns}, number, state, subscription, reason, currency, subtotal, discount, tax, total, paid, url, pdf_url, issued_at, paid_at)
       values (${sold}, 'in_' || $2, 'R-0001', 'paid', 'sub_' || $2, 'subscription_create', 'usd', 4900, 0, 0, 4900, 4900,
         'https://pay.example.com/in', 'https://pay.example.com/pdf', app.now(), app.now())`,
    `insert into billing.invoice_lines (account_id, invoice_id, store_id, product, plan, cycle, quantity, unit_amount, amount, discount, tax, proration, period_starts_at, period_ends_at)
       values ($1, $2, 'il_1', 'reel', 'pro', 'monthly', 1, 4900, 4900, 0, 0, false, app.now(), app.now() + interval '1 month')`,
    `insert into billing.former_invoices (account_id, store, mode, store_id, until, state) select $1, 'stripe', 'sandbox', 'in_' || $2, app.now(), 'draft'`,
    `insert into billing.former_subscriptions (account_id, store, mode, store_id, until, product, plan, cycle, quantity, unit_amount, state, period_starts_at, period_ends_at, updated_at)
       select $1, 'stripe', 'sandbox', 'sub_' || $2, app.now(), 'reel', 'basic', 'monthly', 1, 1900, 'active', app.now(), app.now() + interval '1 month', app.now()`,
    `insert into billing.payments (${columns}, payment, invoice, state, amount, currency, fee, occurred_at)
       values (${sold}, 'ch_' || $2, 'pi_' || $2, 'in_' || $2, 'succeeded', 4900, 'usd', 172, app.now())`,
    `insert into billing.refunds (${columns}, charge, state, amount, currency, occurred_at)
       values (${sold}, 're_' || $2, 'ch_' || $2, 'succeeded', 100, 'usd', app.now())`,
    `insert into billing.disputes (${columns}, charge, state, amount, currency, occurred_at)
       values (${sold}, 'dp_' || $2, 'ch_' || $2, 'won', 100, 'usd', app.now())`,
    `insert into billing.checkouts (account_id, id, store, mode, product, plan, cycle, quantity, fingerprint, session, url, state)
       values (${sold}, 'reel', 'pro', 'monthly', 1, 'an order', 'cs_' || $2, 'https://pay.example.com/cs', 'expired')`,
    `insert into billing.told_failures (account_id, store, mode, invoice, nth, told_at, grace_ends_at) values ($1, 'stripe', 'live', 'in_' || $2, 1, app.now(), app.now())`,
    `insert into billing.notices (account_id, kind, about) values ($1, 'receipt', $2)`,
    `insert into billing.endings (account_id, store, mode, store_id) values ($1, 'stripe', 'live', $2)`,
    `insert into billing.gone_credits (account_id, store, mode, store_id, currency, due, taken) values ($1, 'stripe', 'live', $2, 'usd', 100, 100)`,
    `insert into billing.trials (account_id, store, mode, store_id, product, created_by) values (${sold.replace('$2, ', '')}, 'sub_' || $2, 'reel', $2)`,
    `insert into entitlements.allowances (account_id, product, limit_name, most) select $1, 'gateway', 'calls', 5 where $2 is not null on conflict do nothing`,
    `insert into billing.overage (account_id, product, limit_name, below, open_since, updated_at) values ($1, 'gateway', 'calls', $2, app.now(), app.now() + interval '1 year') on conflict do nothing`,
    `insert into billing.overage_windows (account_id, product, limit_name, starts) select $1, 'gateway', 'calls', 0 where $2 is not null on conflict do nothing`,
    `insert into billing.overage_reports (account_id, id, store, mode, product, limit_name, starts, units, customer, state, due_at)
       values (${sold}, 'gateway', 'calls', 0, 1, 'cus_' || $2, 'sent', app.now())`,
    `insert into billing.item_sales (account_id, id, mode, product, item, name, payee, currency, amount, share_points, state, invoice, closes_at)
       values ($1, $2, 'sandbox', 'reel', 'a', 'A', $1, 'usd', 100, 7000, 'paid', 'in_item_' || $2, app.now())`,
    `insert into billing.payout_runs (id, mode, period, as_of, state) select $2, 'sandbox', '2026-01', app.now(), 'done' where $1 is not null`,
    `insert into billing.payouts (account_id, id, mode, run_id, period, currency, amount, destination, state, transfer)
       values ($1, $2, 'sandbox', $2, '2026-01', 'usd', 70, 'acct_1', 'paid', 'tr_' || $2)`,
    `insert into billing.shares (account_id, id, mode, sale_id, product, item, currency, amount, total, why, payable_at, payout_id)
       values ($1, $2, 'sandbox', $2, 'reel', 'a', 'usd', 70, 100, 'paid', app.now(), $2)`,
    `insert into billing.objects (store, mode, kind, object_id, number, customer, state, account_id)
       values ('stripe', 'sandbox', 'invoice', 'in_' || $2, 1, 'cus_' || $2, 'applied', $1)`,
    `insert into billing.bodies (store, mode, kind, object_id, number, body) select 'stripe', 'sandbox', 'invoice', 'in_' || $2, 1, jsonb_build_object('account', $1)`,
    `insert into billing.wants (store, mode, kind, object_id, wanted, attempts, dead, error)
       select 'stripe', 'sandbox', 'invoice', 'in_' || $2, nextval('billing.numbers'), 8, $1 is not null, 'store_refused'`,
    `insert into billing.inbox (store, mode, event_id, type, body, kind, object_id, number, occurred_at, via, state)
       select 'stripe', 'sandbox', 'evt_' || $2, 'invoice.paid', 'to ' || $1, 'invoice', 'in_' || $2, nextval('billing.numbers'), app.now(), 'webhook', 'applied'`,
  ];
  for (const sql of [...rows, ...TOP_UP]) {
    const typed = sql.replaceAll('$1', '$1::uuid').replaceAll('$2', '$2::uuid');
    await db.asMigrator(statement(typed, [accountId, id]));
  }
  await makeSubscription(app, accountId);
  // Drains Stripe's events: else the next call would apply them, in the middle of another’s walk.
  await stripe?.idle();
  // The next purchase is newer, with any ids; and prices are shown at an hour that is not long past: they are agreed to for a quarter of one.
  stripe?.advanceTo(new Date(Math.max(stripe.now().getTime() + 1_000, Date.now())));
  await app.modules.inbox.drain();
}

/** One that Stripe knows, so that it can be canceled and changed there, and one with a limit that may be passed; and where the account is paid. */
async function makeSubscription({ modules }: TestApp['app'], accountId: AccountId): Promise<void> {
  const { stripe: link, inbox, sharing } = modules;
  if (link === undefined) return;
  await sharing.payees().onboard(accountId, 'https://app.example.com/');
  const stripe = await link.client.load();
  const { id: customer } = await stripe.customers.create({ metadata: { plinth_account: accountId } });
  const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  // Two seats: more than the one that walkers have for nothing.
  for (const [plan, quantity] of [
    ['reel.standard', 1],
    ['gateway.team', 2],
  ] as const) {
    const key = `plinth:${plan}:monthly`;
    // Units past a limit are sold where the subscription has a price for them.
    const { data } = await stripe.prices.list({ lookup_keys: [key, `${key}:calls`] });
    const items = data.map(({ id, lookup_key: of }) => ({ price: id, ...(of === key && { quantity }) }));
    const { id } = await stripe.subscriptions.create({
      customer,
      items,
      default_payment_method: card,
    });
    await inbox.refresh({ provider: 'stripe', mode: 'sandbox' }, [{ kind: 'subscription', id }]);
  }
}
