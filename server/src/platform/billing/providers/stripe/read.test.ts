import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ObjectRef } from '../../facts.ts';
import type { Body } from '../../payment-provider.ts';
import { invoice, payment, subscription } from '@plinth/testkit/fixtures/billing/bodies';
import { read } from './read.ts';
import { productIdOf, type SoldItem, soldItemOf } from './product-ids.ts';

const ACCOUNT = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a07';
const ref = (kind: ObjectRef['kind']) => ({ kind, id: 'one' });

describe('a customer', () => {
  test('is the account that our note on it names, if it names one', () => {
    const facts = read(ref('customer'), { id: 'cus_1', metadata: { plinth_account: ACCOUNT } });
    expect(facts).toMatchObject({ customer: 'cus_1', claims: ACCOUNT, foreign: false });
    for (const metadata of [{}, { plinth_account: 'x' }, { plinth_account: '' }, null])
      expect(read(ref('customer'), { id: 'cus_1', metadata })).toMatchObject({
        claims: undefined,
        foreign: true,
      });
  });

  test('that was deleted is nobody else’s, and claims nothing', () => {
    expect(read(ref('customer'), { id: 'cus_1', object: 'customer', deleted: true })).toMatchObject({
      customer: 'cus_1',
      claims: undefined,
      foreign: false,
    });
  });
});

test('a checkout leads to what was bought with it', () => {
  const body = {
    id: 'cs_1',
    customer: 'cus_1',
    status: 'complete',
    subscription: 'sub_1',
    invoice: { id: 'in_1' },
  };
  expect(read(ref('checkout'), body)).toMatchObject({
    checkout: { id: 'cs_1', state: 'complete' },
    also: [
      { kind: 'customer', id: 'cus_1' },
      { kind: 'subscription', id: 'sub_1' },
      { kind: 'invoice', id: 'in_1' },
    ],
  });
});

test('of an object that Stripe does not have nothing is said', () => {
  for (const kind of ['customer', 'subscription', 'invoice', 'payment', 'checkout'] as const)
    expect(read(ref(kind), null)).toEqual({ customer: null, claims: undefined, foreign: false, also: [] });
});

test('no body makes it answer anything but facts or the error that says which fields are wrong', () => {
  const bodies = {
    customer: { id: 'cus_1' },
    subscription: subscription(),
    invoice: invoice(),
    payment: payment(),
  };
  fc.assert(
    fc.property(
      fc.constantFrom(...(['customer', 'subscription', 'invoice', 'payment'] as const)),
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.nat(),
      (kind, noise, pick) => {
        const body: Record<string, unknown> = { ...bodies[kind] };
        const keys = Object.keys(body);
        const values = Object.values(noise);
        // One field is something else, as no version of the API has it.
        const key = keys[pick % keys.length];
        if (key !== undefined) body[key] = values[0];
        try {
          expect(read(ref(kind), body as Body)).toHaveProperty('also');
        } catch (error) {
          expect(String(error)).toMatch(/can't be read: /);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('the id of a product says what it stands for, whatever it is called', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,5}(_[a-z0-9]{1,5}){0,2}$/);
  const kinds = fc.constantFrom('plan', 'addOn', 'overage');
  fc.assert(
    fc.property(name, name, kinds, (product, called, kind) => {
      const sold: SoldItem = { product, [kind]: called };
      const charged = kind === 'plan' ? 'recurring' : kind === 'addOn' ? 'one_time' : 'metered';
      expect(soldItemOf(productIdOf(sold), charged)).toEqual(sold);
    }),
    { numRuns: 200 },
  );
  for (const id of ['prod_1', 'plinth_', 'plinth_reel', 'plinth_Reel_pro', 'xplinth_reel_pro', ''])
    expect(soldItemOf(id, 'recurring')).toBeUndefined();
});
