import { expect, test } from 'vitest';
import { defineProduct, type ProductParts } from './index.ts';

/** A product that sells nothing yet, with these parts. */
const define = (parts: Partial<ProductParts<undefined>>) =>
  defineProduct({
    key: 'demo',
    name: 'Demo',
    holds: 'both',
    limits: {},
    features: {},
    plans: { free: { name: 'Free', rank: 1, price: { currency: 'usd', monthly: 0 }, grants: {} } },
    routes: [],
    service: () => undefined,
    ...parts,
  });

test('a product says what is its own: uses of db.system, crash points, rules of tables', () => {
  const systemUses = { 'demo.sweep': 'old rows of all accounts go' };
  const crashPoints = { 'demo.made': { because: 'one commit is all there is', lost: 'same' } } as const;
  expect(define({ systemUses, crashPoints })).toMatchObject({ systemUses, crashPoints });
});

test('a name that is not its own is refused', () => {
  expect(() => define({ systemUses: { 'limits.sweep': 'to see all permits' } })).toThrow(
    '"demo" declares the system use limits.sweep, which is not its own',
  );
  expect(() => define({ systemUses: { 'admin.calls': 'to see all accounts' } })).toThrow('not its own');
  expect(() => define({ crashPoints: { 'reel.enqueue': { walks: ['a create'] } } })).toThrow(
    '"demo" declares the crash point reel.enqueue, which is not its own',
  );
  expect(() => define({ dataRules: [{ table: 'reel.drafts', nobodys: 'a guess' }] })).toThrow(
    '"demo" declares the data rule of reel.drafts, which is not its own',
  );
});
