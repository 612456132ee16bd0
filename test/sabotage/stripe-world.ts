import type { Patch } from './patch.ts';

const WORLD = 'sandboxes/src/stripe/world';
const CHANGING = `${WORLD}/changing.test.ts`;

/** What the stand-in for Stripe holds us to: where it is too kind, Stripe is not. */
export const STRIPE_WORLD: readonly Patch[] = [
  {
    name: 'stripe-sandbox-takes-any-parameter',
    file: `${WORLD}/form.ts`,
    find: '.filter((name) => !this.#read.has(name));',
    replace: '.filter((name) => name === "" && !this.#read.has(name));',
    expects: `${WORLD}/world.test.ts :: what a request says and nobody reads is refused, and nothing is done`,
  },
  {
    name: 'stripe-sandbox-out-of-time',
    file: `${WORLD}/world.ts`,
    find: 'due.at < next.at',
    replace: 'due.at > next.at',
    expects: `${WORLD}/world.test.ts :: whatever is due happens in the order of time, however far the clock is moved`,
  },
  {
    name: 'stripe-sandbox-previews-happen',
    file: `${WORLD}/world.ts`,
    find: '      this.#held = told;\n      undo();\n    }\n  }\n\n  /** What throws',
    replace: '      this.#held = told;\n    }\n  }\n\n  /** What throws',
    expects: `${CHANGING} :: a preview is what the change then costs, and does nothing`,
  },
  {
    name: 'stripe-sandbox-refuses-and-does',
    file: `${WORLD}/world.ts`,
    find: '      undo();\n      throw error;',
    replace: '      throw error;',
    expects: `${CHANGING} :: a change of price > that is not paid changes nothing, if asked so`,
  },
  {
    name: 'stripe-sandbox-counts-units-twice',
    file: `${WORLD}/meters.ts`,
    find: '  if (world.seen.has(identifier)) {',
    replace: '  if (world.seen.has(identifier) && identifier === "") {',
    expects: `${CHANGING} :: what is used > is counted once by its identifier, for a day`,
  },
  {
    name: 'stripe-sandbox-refunds-too-much',
    file: `${WORLD}/refunds.ts`,
    find: '  if (amount > left) {',
    replace: '  if (amount > left + charge.amount) {',
    expects: `${WORLD}/payments.test.ts :: a refund > takes back a part, and then the rest, and no more`,
  },
  {
    name: 'stripe-sandbox-own-tries-move-the-schedule',
    file: `${WORLD}/collecting.ts`,
    find: 'counts: automatic || invoice.attempt_count === 0',
    replace: 'counts: automatic || invoice.attempt_count >= 0',
    expects: `${WORLD}/subscriptions.test.ts :: a renewal that fails > keeps its schedule, whatever a person tries themself`,
  },
  {
    name: 'stripe-sandbox-forgets-credit',
    file: `${WORLD}/invoices.ts`,
    find: '    changed.balance = Math.min(0, left);',
    replace: '    changed.balance = 0;',
    expects: `${CHANGING} :: a change of price > to less at once becomes credit, which the next invoices use up`,
  },
  {
    name: 'stripe-sandbox-debits-at-once',
    file: `${WORLD}/charges.ts`,
    find: 'const isPending = accountOf(method) !== undefined;',
    replace: 'const isPending = accountOf(method) !== undefined && method.id === "";',
    expects: `${WORLD}/debits.test.ts :: a debit > is on its way for days, and is paid then`,
  },
  {
    name: 'stripe-sandbox-cuts-off-who-waits-for-a-bank',
    file: `${WORLD}/collecting.ts`,
    find: ' || waitsForBank(world, subscription)) continue;',
    replace: ') continue;',
    expects: `${WORLD}/debits.test.ts :: a subscription by debit > is incomplete until its first one is paid, however long that takes`,
  },
  {
    name: 'stripe-sandbox-tells-of-a-debit-again',
    file: 'sandboxes/src/stripe/checkout/paying.ts',
    find: 'else world.marks.add(failed);',
    replace:
      'else if (world.marks.has(failed)) return; else if (world.marks.has(`once ${failed}`)) world.marks.add(failed); else world.marks.add(`once ${failed}`);',
    expects:
      'sandboxes/src/stripe/checkout/debits.test.ts :: a page of what is sold in euros > says that it was not paid, once, and there is no subscription and no receipt',
  },
  {
    name: 'stripe-sandbox-credits-what-is-no-whole',
    file: `${WORLD}/credit-notes.ts`,
    find: 'if (credited + refunded + outOfBand !== after)',
    replace: 'if (credited + refunded + outOfBand > after)',
    expects: `${WORLD}/credit-notes.test.ts :: a credit note > of parts that are no whole is none, and has changed nothing`,
  },
  {
    name: 'stripe-sandbox-lets-a-debit-wait',
    file: `${WORLD}/changing.ts`,
    find: 'if (payer !== undefined && accountOf(payer) !== undefined)',
    replace: 'if (payer === undefined)',
    expects: `${WORLD}/pending-updates.test.ts :: a change that may wait > is refused where the subscription is paid by bank debits`,
  },
];
