import { describe, expect, test } from 'vitest';
import { createWorldFixture, DAY } from '../../testing/world-fixture.ts';
import { idOf } from '../changes.ts';
import { authenticate } from '../payments/intents.ts';
import { paymentOf } from '../invoices/invoices.ts';
import type { Subscription } from '../objects.ts';

const HOUR = 3_600;

/** A customer who pays 20 a month, and whose card from now on is that one. */
function payer(card: string) {
  const counter = createWorldFixture();
  const { world } = counter;
  const subscription = counter.subscribe('pm_card_visa', [counter.price(2000)]);
  const customer = idOf(subscription.customer);
  const method = counter.get('payment_method', `POST /v1/payment_methods/${card}/attach`, { customer });
  counter.ask(`POST /v1/customers/${customer}`, { invoice_settings: { default_payment_method: method.id } });
  world.advance(14 * DAY);
  const present = () => world.table('subscription').get(subscription.id);
  const change = (amount: number, more = {}): Subscription => {
    counter.told();
    return counter.get('subscription', `POST /v1/subscriptions/${subscription.id}`, {
      items: [{ id: subscription.items.data[0]?.id ?? '', price: counter.price(amount).id }],
      proration_behavior: 'always_invoice',
      payment_behavior: 'pending_if_incomplete',
      ...more,
    });
  };
  const newestInvoice = () => world.table('invoice').get(idOf(present().latest_invoice ?? ''));
  const intent = () =>
    paymentOf(world, newestInvoice())?.intent ?? counter.world.table('payment_intent').get('none');
  const pays = () => present().items.data.map(({ price }) => price.unit_amount);
  return { counter, world, present, change, newest: newestInvoice, intent, pays };
}

describe('a change that may wait', () => {
  test('is made at once where it is paid at once', () => {
    const { change, pays, newest } = payer('pm_card_visa');
    expect(change(5000)).toMatchObject({ status: 'active', pending_update: null });
    expect(pays()).toEqual([5000]);
    expect(newest()).toMatchObject({ status: 'paid', amount_paid: 1500 });
  });

  test('waits where the bank asks for the person, who has what they had until they confirm', () => {
    const { counter, change, pays, newest, intent, present, world } = payer('pm_card_authenticationRequired');
    const { pending_update: update, status } = change(5000);
    expect(status).toBe('active');
    expect(update).toMatchObject({
      expires_at: world.now() + 23 * HOUR,
      subscription_items: [{ price: { unit_amount: 5000 } }],
    });
    expect(pays()).toEqual([2000]);
    expect(newest()).toMatchObject({ status: 'open', amount_due: 1500, next_payment_attempt: null });
    expect(intent().status).toBe('requires_action');
    expect(counter.told()).toContain('invoice.payment_action_required');
    authenticate(world, intent().id, true);
    expect(pays()).toEqual([5000]);
    expect(present()).toMatchObject({ status: 'active', pending_update: null });
    expect(newest().status).toBe('paid');
    expect(counter.told()).toContain('customer.subscription.pending_update_applied');
    world.advance(14 * DAY + 2 * HOUR);
    expect(pays()).toEqual([5000]);
  });

  test('goes on to wait when the person refuses, and comes to nothing in time', () => {
    const { counter, change, pays, newest, intent, present, world } = payer('pm_card_authenticationRequired');
    change(5000);
    authenticate(world, intent().id, false);
    expect(present()).toMatchObject({ status: 'active', pending_update: { trial_end: null } });
    counter.told();
    world.advance(23 * HOUR);
    expect(present()).toMatchObject({ status: 'active', pending_update: null });
    expect([pays(), newest().status, intent().status]).toEqual([[2000], 'void', 'canceled']);
    expect(counter.told()).toContain('customer.subscription.pending_update_expired');
    world.advance(14 * DAY);
    expect(newest()).toMatchObject({ amount_due: 2000, billing_reason: 'subscription_cycle' });
  });

  test('waits where the card is declined, too; a void invoice, another change and an end take it back', () => {
    for (const ends of ['void', 'change', 'cancel']) {
      const { counter, change, pays, newest, present } = payer('pm_card_chargeCustomerFail');
      const first = idOf(change(5000).latest_invoice ?? '');
      expect([present().status, pays(), newest().status]).toEqual(['active', [2000], 'open']);
      if (ends === 'void') counter.ask(`POST /v1/invoices/${first}/void`);
      if (ends === 'change') change(2000, { proration_behavior: 'none' });
      if (ends === 'cancel') counter.ask(`DELETE /v1/subscriptions/${present().id}`);
      expect(present().pending_update).toBeNull();
      expect(counter.world.table('invoice').get(first).status).toBe('void');
    }
  });

  test('ends a trial once it is paid, and not before', () => {
    const counter = createWorldFixture();
    const of = counter.subscribe('pm_card_authenticationRequired', [counter.price(2000)], {
      trial_period_days: 14,
    });
    const items = [{ id: of.items.data[0]?.id ?? '', price: counter.price(5000).id }];
    const asked = { items, trial_end: 'now', payment_behavior: 'pending_if_incomplete' };
    counter.ask(`POST /v1/subscriptions/${of.id}`, asked);
    const { world } = counter;
    const present = () => world.table('subscription').get(of.id);
    expect(present()).toMatchObject({
      status: 'trialing',
      items: { data: [{ price: { unit_amount: 2000 } }] },
    });
    const intent = paymentOf(world, world.table('invoice').get(idOf(present().latest_invoice ?? '')))?.intent;
    authenticate(world, intent?.id ?? '', true);
    expect(present()).toMatchObject({
      status: 'active',
      items: { data: [{ price: { unit_amount: 5000 } }] },
    });
    expect(present().trial_end).toBe(world.now());
  });

  test('gives back the credit that was taken for it, when it comes to nothing', () => {
    const { counter, change, present, world } = payer('pm_card_authenticationRequired');
    const id = idOf(present().customer);
    const balance = () => world.table('customer').get(id).balance;
    world.table('customer').get(id).balance = -400;
    change(5000);
    expect(balance()).toBe(0);
    counter.ask(`POST /v1/invoices/${idOf(present().latest_invoice ?? '')}/void`);
    expect(balance()).toBe(-400);
  });

  test('is what an invoice is made of, and nothing else', () => {
    const { counter, present } = payer('pm_card_visa');
    const id = present().items.data[0]?.id ?? '';
    const refused = counter.refused(`POST /v1/subscriptions/${present().id}`, {
      items: [{ id, quantity: 2 }],
      default_payment_method: 'pm_card_visa',
      payment_behavior: 'pending_if_incomplete',
    });
    expect(refused.param).toBe('payment_behavior');
  });

  test('is refused where the subscription is paid by bank debits', () => {
    const { counter, present } = payer('pm_card_visa');
    const customer = idOf(present().customer);
    const account = counter.get('payment_method', 'POST /v1/payment_methods', {
      type: 'sepa_debit',
      sepa_debit: { iban: 'AT611904300234573201' },
      billing_details: { name: 'Ada' },
    });
    counter.ask(`POST /v1/payment_methods/${account.id}/attach`, { customer });
    counter.ask(`POST /v1/customers/${customer}`, {
      invoice_settings: { default_payment_method: account.id },
    });
    const requestChange = () =>
      counter.ask(`POST /v1/subscriptions/${present().id}`, {
        items: [{ id: present().items.data[0]?.id ?? '', price: counter.price(5000).id }],
        payment_behavior: 'pending_if_incomplete',
      });
    expect(requestChange).toThrow('not supported for subscriptions that are paid by bank debits');
  });

  test('takes what waited for the next invoice with it when it comes to nothing, and gives a balance back', () => {
    const { counter, world, change, present, newest } = payer('pm_card_authenticationRequired');
    const customer = idOf(present().customer);
    const item = (amount: number) => ({
      items: [{ id: present().items.data[0]?.id ?? '', price: counter.price(amount).id }],
    });
    counter.ask(`POST /v1/subscriptions/${present().id}`, {
      ...item(1000),
      proration_behavior: 'create_prorations',
    });
    const countWaitingItems = () =>
      world
        .table('invoiceitem')
        .list()
        .filter(({ invoice }) => invoice === null).length;
    expect(countWaitingItems()).toBe(2);
    world.change(world.table('customer').get(customer), 'customer.updated', (changed) => {
      changed.balance = -200;
    });
    change(5000);
    expect(newest()).toMatchObject({ status: 'open', starting_balance: -200, ending_balance: 0 });
    expect(world.table('customer').get(customer).balance).toBe(0);
    world.advance(23 * HOUR);
    expect(newest().status).toBe('void');
    expect(countWaitingItems()).toBe(0);
    expect(world.table('customer').get(customer).balance).toBe(-200);
  });
});
