import { type Assumption, assertSeen, type Stage } from './stage.ts';

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
