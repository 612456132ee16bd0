import { type Operation, type Operations, invalidRequest } from '../../operation.ts';
import { idOf } from '../changes.ts';
import { changeSale, checkProration, readSale } from '../subscriptions/sales.ts';
import { readDiscounts, redeem } from '../catalogue/discounts.ts';
import { Form } from '../form.ts';
import type { Invoice } from '../objects.ts';
import { customerOf } from '../customers/payers.ts';
import { upcomingInvoice } from '../subscriptions/renewals.ts';
import { readSubscription, subscribe } from '../subscriptions/subscriptions.ts';
import type { World } from '../world.ts';

/** What the next invoice would be: it is made, looked at, and undone with all that came with it. */
const preview: Operation = ({ world, params }) =>
  world.rehearse(() => {
    const form = new Form(params);
    const id = form.text('subscription');
    const details = form.part('subscription_details') ?? new Form({});
    form.ignore('preview_mode');
    if (id === undefined) return ofNewOne(world, form, details);
    form.ignore('customer');
    const subscription = world.table('subscription').get(id, 'subscription');
    const sale = readSale(world, details);
    const ends = [details.flag('cancel_at_period_end'), details.optional('cancel_at')];
    const goesOn = ends.some((said) => said === false || said === null);
    const discounts = readDiscounts(world, form);
    form.done();
    const isEnding = ends.some(Boolean) || (subscription.cancel_at !== null && !goesOn);
    if (subscription.ended_at !== null || isEnding) {
      throw invalidRequest('No upcoming invoices for customer', { code: 'invoice_upcoming_none' });
    }
    checkProration(subscription, sale, 'subscription_details');
    if (sale.proratedAt !== undefined && sale.behavior === 'none')
      throw invalidRequest('You cannot pass proration_date with proration_behavior set to none.', {
        param: 'subscription_details[proration_behavior]',
      });
    if (discounts !== undefined) redeem(world, subscription, discounts);
    const before = subscription.latest_invoice;
    changeSale(world, subscription, { ...sale, collects: false })?.();
    const { latest_invoice: latest } = subscription;
    if (latest === before || latest === null) return upcomingInvoice(world, subscription);
    return asUpcoming(world.table('invoice').get(idOf(latest)));
  });

function ofNewOne(world: World, form: Form, details: Form): Invoice {
  const customer = customerOf(world, form.required('customer'));
  const asked = readSubscription(world, details, customer);
  const discounts = readDiscounts(world, form) ?? [];
  form.done();
  const made = subscribe(world, { ...asked, discounts, behavior: 'default_incomplete' });
  return asUpcoming(world.table('invoice').get(idOf(made.latest_invoice ?? '')));
}

/** Such an invoice can't be looked up. */
function asUpcoming(invoice: Invoice): Invoice {
  return {
    ...invoice,
    id: `upcoming_${invoice.id}`,
    status: 'draft',
    number: null,
    amount_paid: 0,
    amount_remaining: invoice.amount_due,
    hosted_invoice_url: null,
    invoice_pdf: null,
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
  };
}

export const previews: Operations = { 'POST /v1/invoices/create_preview': preview };
