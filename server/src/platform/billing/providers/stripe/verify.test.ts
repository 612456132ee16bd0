import { Stripe } from 'stripe';
import { describe, expect, test } from 'vitest';
import '../../errors.ts';
import type { Mode } from '../../payment-provider.ts';
import { verify } from './verify.ts';

const stripe = new Stripe('sk_test_x');
const NOW = Date.parse('2026-11-20T12:00:00Z');
const [SECRET, FORMER] = ['whsec_present', 'whsec_former'];

const event = (object: object, more: object = {}) => ({
  id: 'evt_1',
  object: 'event',
  type: 'customer.subscription.updated',
  created: NOW / 1_000 - 1,
  livemode: false,
  data: { object },
  ...more,
});

interface How {
  readonly secret?: string;
  /** Seconds ago. */
  readonly age?: number;
  readonly mode?: Mode;
  readonly sent?: string;
}

/** The event that is told, as Stripe signs it. */
function verifySigned(of: object, { secret = SECRET, age = 0, mode = 'test', sent }: How = {}) {
  const payload = JSON.stringify(of);
  const timestamp = NOW / 1_000 - age;
  const signature = stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
  const parts = { stripe, mode, secrets: () => [SECRET, FORMER], clock: { now: () => NOW } };
  return verify(parts, { body: sent ?? payload, headers: { 'stripe-signature': signature } });
}

const subscription = { object: 'subscription', id: 'sub_1', customer: 'cus_1' };
const forged = { code: 'webhook_forged' };

describe('a message', () => {
  test('that Stripe signed is an event at its object', () => {
    expect(verifySigned(event(subscription))).toEqual({
      eventId: 'evt_1',
      type: 'customer.subscription.updated',
      occurredAt: new Date(NOW - 1_000),
      about: { kind: 'subscription', id: 'sub_1' },
    });
  });

  test('may be signed with either secret while one is rolled', () => {
    expect(verifySigned(event(subscription), { secret: FORMER }).eventId).toBe('evt_1');
    expect(() => verifySigned(event(subscription), { secret: 'whsec_other' })).toThrow(
      expect.objectContaining(forged),
    );
  });

  test('that was changed, cut or joined on its way is forged', () => {
    const body = JSON.stringify(event(subscription));
    for (const sent of [body.replace('sub_1', 'sub_2'), body.slice(0, -1), `${body} `, '', '{}'])
      expect(() => verifySigned(event(subscription), { sent })).toThrow(expect.objectContaining(forged));
  });

  test('is taken for five minutes after its signing, so that nobody plays it back', () => {
    expect(verifySigned(event(subscription), { age: 300 }).eventId).toBe('evt_1');
    for (const age of [301, -301, Number.NaN])
      expect(() => verifySigned(event(subscription), { age })).toThrow(expect.objectContaining(forged));
  });

  test('of another mode is forged, even if it is well signed', () => {
    const live = event(subscription, { livemode: true });
    expect(() => verifySigned(live)).toThrow(expect.objectContaining(forged));
    expect(() => verifySigned(live, { mode: 'sandbox' })).toThrow(expect.objectContaining(forged));
    expect(() => verifySigned(event(subscription), { mode: 'live' })).toThrow(
      expect.objectContaining(forged),
    );
    expect(verifySigned(live, { mode: 'live' }).eventId).toBe('evt_1');
  });

  test('that is signed and is no event is forged', () => {
    for (const body of [{}, [], event(subscription, { data: {} }), event(subscription, { id: '' })])
      expect(() => verifySigned(body)).toThrow(expect.objectContaining(forged));
  });

  test('without a signature, or with one that is none, is forged', () => {
    const parts = { stripe, mode: 'test', secrets: () => [SECRET], clock: { now: () => NOW } } as const;
    const body = JSON.stringify(event(subscription));
    for (const signature of [undefined, '', 't=', 'v1=,t=1', `t=${NOW / 1_000},v1=${'0'.repeat(64)}`])
      expect(() => verify(parts, { body, headers: { 'stripe-signature': signature } })).toThrow(
        expect.objectContaining(forged),
      );
  });

  test('is never taken where no secret is known', () => {
    const parts = { stripe, mode: 'test', secrets: () => [], clock: { now: () => NOW } } as const;
    expect(() => verify(parts, { body: '{}', headers: {} })).toThrow(expect.objectContaining(forged));
  });
});

describe('an event', () => {
  test.each([
    ['customer', { object: 'customer', id: 'cus_1' }, { kind: 'customer', id: 'cus_1' }],
    [
      'schedule',
      { object: 'subscription_schedule', id: 'sub_sched_1', subscription: 'sub_1' },
      { kind: 'subscription', id: 'sub_1' },
    ],
    [
      'schedule that let go',
      {
        object: 'subscription_schedule',
        id: 'sub_sched_1',
        subscription: null,
        released_subscription: 'sub_1',
      },
      { kind: 'subscription', id: 'sub_1' },
    ],
    ['invoice', { object: 'invoice', id: 'in_1' }, { kind: 'invoice', id: 'in_1' }],
    [
      'invoice payment',
      { object: 'invoice_payment', id: 'inpay_1', invoice: { id: 'in_1' } },
      { kind: 'invoice', id: 'in_1' },
    ],
    [
      'payment of an invoice',
      { object: 'invoice_payment', id: 'inpay_1', invoice: 'in_1', payment: { payment_intent: 'pi_1' } },
      { kind: 'payment', id: 'pi_1' },
    ],
    [
      'charge that calls a word its payment',
      { object: 'charge', id: 'ch_1', payment_intent: 'pi_1', payment: 'x' },
      { kind: 'payment', id: 'pi_1' },
    ],
    ['payment', { object: 'payment_intent', id: 'pi_1' }, { kind: 'payment', id: 'pi_1' }],
    ['charge', { object: 'charge', id: 'ch_1', payment_intent: 'pi_1' }, { kind: 'payment', id: 'pi_1' }],
    ['refund', { object: 'refund', id: 're_1', payment_intent: 'pi_1' }, { kind: 'payment', id: 'pi_1' }],
    ['dispute', { object: 'dispute', id: 'du_1', payment_intent: 'pi_1' }, { kind: 'payment', id: 'pi_1' }],
    ['credit note', { object: 'credit_note', id: 'cn_1', invoice: 'in_1' }, { kind: 'invoice', id: 'in_1' }],
    ['checkout', { object: 'checkout.session', id: 'cs_1' }, { kind: 'checkout', id: 'cs_1' }],
  ])('of a %s says which object to look at', (_, object, about) => {
    expect(verifySigned(event(object)).about).toEqual(about);
  });

  test.each([
    ['what is not looked at', event({ object: 'product', id: 'prod_1' })],
    ['a word of JavaScript', event({ object: 'constructor', id: 'x' })],
    ['a charge without a payment', event({ object: 'charge', id: 'ch_1', payment_intent: null })],
    [
      'an invoice that does not exist yet',
      event({ object: 'invoice', id: 'upcoming_in_1' }, { type: 'invoice.upcoming' }),
    ],
  ])('of %s is about nothing', (_, of) => {
    expect(verifySigned(of).about).toBeUndefined();
  });

  test('of an account that is connected to ours says which, and is about nothing of ours', () => {
    const of = event(subscription, { account: 'acct_1' });
    expect(verifySigned(of)).toMatchObject({ account: 'acct_1', about: undefined });
  });
});
