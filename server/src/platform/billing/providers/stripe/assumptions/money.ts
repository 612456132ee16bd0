import { type Assumption, assertSeen, type Stage } from './stage.ts';

const DAY = 86_400;

/** Assumptions about what customers owe, and what they have. */
export const MONEY: readonly Assumption[] = [
  {
    says: 'the customer’s balance is taken by the next invoice, and given back when that is voided',
    async walk(stage) {
      const customer = await stage.customer({ balance: -200 });
      const invoice = await stage.invoice(customer, 1);
      assertSeen(invoice.amount_due === 300, `Of 500 with a credit of 200 ${invoice.amount_due} are due.`);
      assertSeen((await balanceOf(stage, customer)) === 0, 'The balance was not taken.');
      await stage.ask((stripe) => stripe.invoices.voidInvoice(invoice.id));
      assertSeen((await balanceOf(stage, customer)) === -200, 'The balance was not given back.');
    },
  },
  {
    says: 'a card has one fingerprint, whatever customer it belongs to',
    async walk(stage) {
      const [one, other] = [await stage.customer(), await stage.customer()];
      const cards = [await stage.payWith(one, 'pm_card_visa'), await stage.payWith(other, 'pm_card_visa')];
      const [first, second] = cards.map(({ card }) => card?.fingerprint);
      assertSeen(typeof first === 'string' && first === second, 'The same card has two fingerprints.');
    },
  },
  {
    says: 'a trial whose end finds no card is canceled where that was asked for, and nothing is charged',
    async walk(stage) {
      const customer = await stage.customer();
      const { data: cards } = await stage.ask((stripe) => stripe.paymentMethods.list({ customer }));
      for (const { id } of cards) await stage.ask((stripe) => stripe.paymentMethods.detach(id));
      const items = [{ price: await stage.price('pro') }];
      const trial = await stage.ask((stripe) =>
        stripe.subscriptions.create({
          customer,
          items,
          trial_period_days: 1,
          trial_settings: { end_behavior: { missing_payment_method: 'cancel' } },
        }),
      );
      await stage.advance(trial, (trial.trial_end ?? 0) + DAY);
      const { status } = await stage.ask((stripe) => stripe.subscriptions.retrieve(trial.id));
      assertSeen(status === 'canceled', `Once its trial was over it is ${status}.`);
      const { data: invoices } = await stage.ask((stripe) => stripe.invoices.list({ customer }));
      assertSeen(
        invoices.every(({ total }) => total === 0),
        'Something was charged.',
      );
    },
  },
  {
    says: 'how often a failed payment is tried again is told by no call',
    untried: 'there is nothing to ask: `plinth doctor` says what was seen of it',
  },
  {
    says: 'a credit note before payment lowers what is due',
    async walk(stage) {
      const { id } = await stage.invoice(await stage.customer(), 1);
      await stage.ask((stripe) => stripe.creditNotes.create({ invoice: id, amount: 100 }));
      const { amount_remaining: left } = await stage.ask((stripe) => stripe.invoices.retrieve(id));
      assertSeen(left === 400, `Of 500 with a credit note of 100 ${left} are due.`);
    },
  },
];

async function balanceOf(stage: Stage, id: string): Promise<number | undefined> {
  const customer = await stage.ask((stripe) => stripe.customers.retrieve(id));
  return customer.deleted === true ? undefined : customer.balance;
}
