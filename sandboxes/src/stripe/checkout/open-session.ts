import { type OperationInput, invalidRequest, type Param, type Params } from '../operation.ts';
import { checkDiscounts, readDiscounts } from '../world/catalogue/discounts.ts';
import { idOf } from '../world/changes.ts';
import { Form } from '../world/form.ts';
import { type CheckoutSession, DEBIT_CURRENCY, type World } from '../world/index.ts';
import { checkCurrency, checkTrialDays } from '../world/subscriptions/subscriptions.ts';
import { assertChargeable, assertTaxable } from './refusals.ts';
import { pricedInPlace } from './priced-in-place.ts';
import { sumUp } from './sums.ts';
import type { Visit, VisitLine } from './visit.ts';

const DAY = 86_400;
const SHORTEST = 30 * 60;

type Mode = 'payment' | 'subscription';

/** A new page on which to pay. Throws StripeFault. */
export function openSession({ world, params }: OperationInput): { session: CheckoutSession; visit: Visit } {
  const form = new Form(params);
  const mode = modeOf(form);
  const asked = readDiscounts(world, form) ?? [];
  if (asked.length > 1) throw invalidRequest('You may only specify one discount.', { param: 'discounts' });
  const visit: Visit = {
    lines: linesOf(world, form, mode),
    subscriptionData: dataOf(params, 'subscription_data', mode === 'subscription'),
    paymentData: dataOf(params, 'payment_intent_data', mode === 'payment'),
    invoiceData: dataOf(nestedParams(params, 'invoice_creation'), 'invoice_data', mode === 'payment'),
    discount: asked[0] ?? null,
    intent: null,
    subscription: null,
    declined: null,
  };
  const session = blankSession(world, { form, mode, currency: currencyOf(world, visit) });
  if (mode === 'subscription' && session.customer !== null)
    checkCurrency(world, idOf(session.customer), session.currency ?? 'usd');
  form.ignore(
    'subscription_data',
    'payment_intent_data',
    'payment_method_types',
    'billing_address_collection',
  );
  form.ignore(
    'payment_method_options',
    'saved_payment_method_options',
    'submit_type',
    'phone_number_collection',
  );
  form.done();
  if (visit.discount !== null && session.allow_promotion_codes === true)
    throw invalidRequest('You may only specify one of these parameters: allow_promotion_codes, discounts.', {
      code: 'parameters_exclusive',
    });
  const customer = session.customer === null ? null : idOf(session.customer);
  checkDiscounts(world, asked, { customer, currency: session.currency ?? 'usd' });
  assertTaxable(world, session, nestedParams(params, 'customer_update'));
  checkTrialDays(new Form(visit.subscriptionData, 'subscription_data'));
  sumUp(world, session, visit);
  assertChargeable(world, session);
  return { session, visit };
}

function modeOf(form: Form): Mode {
  form.required('mode');
  // Cards are set up in the portal here.
  const mode = form.choice('mode', ['payment', 'subscription']) ?? 'payment';
  form.choice('ui_mode', ['hosted', 'hosted_page']);
  return mode;
}

function nestedParams(params: Params, name: string): Params {
  const value = params[name];
  return value === undefined || typeof value === 'string' || isList(value) ? {} : value;
}

function dataOf(params: Params, name: string, isMeant: boolean): Params {
  const data = nestedParams(params, name);
  if (!isMeant && Object.keys(data).length > 0)
    throw invalidRequest(`You can not pass \`${name}\` in this mode.`, { param: name });
  return data;
}

function isList(value: Param): value is readonly Param[] {
  return Array.isArray(value);
}

function linesOf(world: World, form: Form, mode: Mode): VisitLine[] {
  const lines = (form.parts('line_items') ?? []).map((part, index): VisitLine => {
    const inPlace = part.part('price_data');
    const named = inPlace === undefined ? part.required('price') : pricedInPlace(world, inPlace);
    const price = world.table('price').get(named, `line_items[${index}][price]`);
    if (!price.active && inPlace === undefined)
      throw invalidRequest('The price specified is inactive. This field only accepts active prices.', {
        param: `line_items[${index}][price]`,
      });
    if (mode === 'payment' && price.recurring !== null)
      throw invalidRequest(
        'You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.',
        { param: 'mode' },
      );
    const adjustable = part.part('adjustable_quantity');
    const isAdjustable = adjustable?.flag('enabled') ?? false;
    const bounds = {
      minimum: adjustable?.integer('minimum') ?? 1,
      maximum: adjustable?.integer('maximum') ?? 99,
    };
    const quantity = part.integer('quantity');
    const isMetered = price.recurring?.usage_type === 'metered';
    if (isMetered && quantity !== undefined)
      throw invalidRequest('Quantity should not be specified where usage_type is `metered`.', {
        param: `line_items[${index}][quantity]`,
      });
    if (!isMetered && quantity === undefined)
      throw invalidRequest('Quantity is required. Add `quantity` to `line_items[0]`.', {
        param: `line_items[${index}][quantity]`,
      });
    return {
      id: world.token('li'),
      price: price.id,
      quantity: quantity ?? 1,
      adjustable: isAdjustable ? bounds : null,
    };
  });
  if (lines.length === 0)
    throw invalidRequest('You must provide at least one line item.', {
      code: 'parameter_missing',
      param: 'line_items',
    });
  const isRecurring = lines.some(({ price }) => world.table('price').get(price).recurring !== null);
  if (mode === 'subscription' && !isRecurring)
    throw invalidRequest(
      'You must provide at least one recurring price in `subscription` mode when using prices.',
      {
        param: 'line_items',
      },
    );
  return lines;
}

function currencyOf(world: World, { lines }: Visit): string {
  const currencies = new Set(lines.map(({ price }) => world.table('price').get(price).currency));
  const [currency = 'usd', ...others] = currencies;
  if (others.length > 0)
    throw invalidRequest('The prices must all have the same currency.', { param: 'line_items' });
  return currency;
}

interface SessionInput {
  readonly form: Form;
  readonly mode: Mode;
  readonly currency: string;
}

function blankSession(world: World, { form, mode, currency }: SessionInput): CheckoutSession {
  const id = world.id('checkout.session');
  return {
    id,
    object: 'checkout.session',
    ...unusedFields(),
    allow_promotion_codes: form.flag('allow_promotion_codes') ?? null,
    amount_subtotal: 0,
    amount_total: 0,
    automatic_tax: taxOf(form),
    cancel_url: form.text('cancel_url') ?? null,
    client_reference_id: form.text('client_reference_id') ?? null,
    created: world.now(),
    currency,
    ...customerOf(world, form, mode),
    discounts: [],
    expires_at: expiryOf(world, form),
    invoice: null,
    invoice_creation: mode === 'payment' ? invoiceCreationOf(form) : null,
    livemode: false,
    locale:
      form.choice('locale', ['auto', 'de', 'en', 'es', 'fr', 'it', 'nl', 'pl', 'pt', 'sv', 'tr']) ?? null,
    metadata: form.hash('metadata') ?? {},
    mode,
    payment_intent: null,
    payment_method_collection: collectionOf(form, mode),
    payment_method_options: { card: { request_three_d_secure: 'automatic' } },
    payment_method_types: currency === DEBIT_CURRENCY ? ['card', 'sepa_debit'] : ['card'],
    payment_status: 'unpaid',
    setup_intent: null,
    status: 'open',
    subscription: null,
    success_url: form.required('success_url'),
    tax_id_collection: {
      enabled: form.part('tax_id_collection')?.flag('enabled') ?? false,
      required: 'never',
    },
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted_page',
    url: pageOf(world, id),
  };
}

/** What no page here has. */
function unusedFields() {
  return {
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allowed_payment_method_types: null,
    billing_address_collection: null,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    currency_conversion: null,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer_account: null,
    integration_identifier: null,
    managed_payments: null,
    origin_context: null,
    payment_link: null,
    payment_method_configuration_details: null,
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    submit_type: null,
    wallet_options: null,
  };
}

/** Where the page of a session is. */
export function pageOf(world: World, id: string): string {
  return `${world.pages}/c/pay/${id}`;
}

function collectionOf(form: Form, mode: Mode): 'always' | 'if_required' {
  const asked = form.choice('payment_method_collection', ['always', 'if_required']);
  if (asked !== undefined && mode === 'payment')
    throw invalidRequest('You can only set `payment_method_collection` if there are recurring prices.', {
      param: 'payment_method_collection',
    });
  return asked ?? (mode === 'payment' ? 'if_required' : 'always');
}

function taxOf(form: Form): CheckoutSession['automatic_tax'] {
  const part = form.part('automatic_tax');
  part?.ignore('liability');
  const enabled = part?.flag('enabled') ?? false;
  return {
    enabled,
    liability: enabled ? { type: 'self' } : null,
    provider: enabled ? 'stripe' : null,
    status: enabled ? 'complete' : null,
  };
}

function customerOf(world: World, form: Form, mode: Mode) {
  const [id, email] = [form.text('customer') ?? null, form.text('customer_email') ?? null];
  form.part('customer_update')?.ignore('address', 'name', 'shipping');
  const creation = form.choice('customer_creation', ['always', 'if_required']);
  if (id === null)
    return {
      customer: null,
      customer_creation: creation ?? (mode === 'payment' ? 'if_required' : 'always'),
      customer_details: null,
      customer_email: email,
    };
  if (email !== null)
    throw invalidRequest('You may only specify one of these parameters: customer, customer_email.', {
      code: 'parameters_exclusive',
    });
  const customer = world.table('customer').get(id, 'customer');
  return {
    customer: id,
    customer_creation: null,
    customer_details: detailsOf({ email: customer.email }),
    customer_email: null,
  };
}

export function detailsOf({
  email,
  name = null,
}: {
  email: string | null;
  name?: string | null;
}): NonNullable<CheckoutSession['customer_details']> {
  return {
    address: null,
    business_name: null,
    email,
    individual_name: null,
    name,
    phone: null,
    tax_exempt: 'none',
    tax_ids: null,
  };
}

function expiryOf(world: World, form: Form): number {
  const at = form.integer('expires_at') ?? world.now() + DAY;
  if (at >= world.now() + SHORTEST && at <= world.now() + DAY) return at;
  throw invalidRequest(
    'The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from Checkout Session creation.',
    { param: 'expires_at' },
  );
}

function invoiceCreationOf(form: Form): CheckoutSession['invoice_creation'] {
  const part = form.part('invoice_creation');
  const data = part?.part('invoice_data');
  data?.ignore('footer', 'custom_fields', 'rendering_options', 'account_tax_ids');
  return {
    enabled: part?.flag('enabled') ?? false,
    invoice_data: {
      account_tax_ids: null,
      custom_fields: null,
      description: data?.text('description') ?? null,
      footer: null,
      issuer: null,
      metadata: data?.hash('metadata') ?? {},
      rendering_options: null,
    },
  };
}
