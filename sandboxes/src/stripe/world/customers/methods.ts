import { type Operation, type Operations, StripeFault, invalidRequest } from '../../operation.ts';
import { type Decline, type TestCard, cardByDigits, cardByNumber, cardByToken } from '../payments/cards.ts';
import { mergeMetadata } from '../changes.ts';
import { addressOf } from './customers.ts';
import { accountByIban, debitDetails } from '../payments/debits.ts';
import { Form } from '../form.ts';
import type { Customer, PaymentMethod } from '../objects.ts';
import { customerOf } from './payers.ts';
import type { World } from '../world.ts';

/** A payment method by its id, or a new one of the test card that `pm_card_…` names. */
export function methodOf(world: World, id: string, param = 'payment_method'): PaymentMethod {
  const card = cardByToken(id);
  if (card === undefined) return world.table('payment_method').get(id, param);
  return world.table('payment_method').add(newMethod(world, card));
}

export function cardOf(method: PaymentMethod): TestCard | undefined {
  return cardByDigits(method.card?.last4);
}

/** Gives a card to a customer. Throws `card_declined` for cards that banks refuse at once. */
export function attach(world: World, method: PaymentMethod, customer: Customer): PaymentMethod {
  const card = cardOf(method);
  if (card?.declines !== undefined && card.declinesAtOnce === true) throw declinedBy(card.declines);
  if (method.customer === customer.id) return method;
  if (method.customer !== null) {
    throw invalidRequest('The payment method you provided has already been attached to a customer.', {
      code: 'payment_method_unexpected_state',
    });
  }
  method.customer = customer.id;
  world.emit('payment_method.attached', method);
  return method;
}

/** 402 as banks have it. */
export function declinedBy(decline: Decline, details: StripeFault['error'] | object = {}): StripeFault {
  return new StripeFault(402, 'card_error', {
    message: decline.message,
    code: decline.code,
    ...(decline.declineCode === undefined ? {} : { decline_code: decline.declineCode }),
    ...details,
  });
}

const create: Operation = ({ world, params }) => {
  const form = new Form(params);
  const type = form.choice('type', ['card', 'sepa_debit']) ?? 'card';
  form.ignore('allow_redisplay');
  const bare = type === 'card' ? newCard(world, form) : newDebit(world, form);
  const details = form.part('billing_details');
  const address = details?.part('address');
  const billing = {
    address: address === undefined ? null : addressOf(address),
    email: details?.text('email') ?? null,
    name: details?.text('name') ?? null,
    phone: details?.text('phone') ?? null,
    tax_id: null,
  };
  const metadata = mergeMetadata(null, form.hash('metadata'));
  form.done();
  if (type === 'sepa_debit' && billing.name === null) throw missingName();
  return world.table('payment_method').add({ ...bare, billing_details: billing, metadata });
};

function newCard(world: World, form: Form): PaymentMethod {
  const card = readCard(form.part('card') ?? new Form({}));
  checkExpiry(world, card);
  return newMethod(world, card.card, card);
}

/** A bank account that its owner lets us debit. */
function newDebit(world: World, form: Form): PaymentMethod {
  const account = accountByIban(form.part('sepa_debit')?.required('iban') ?? '');
  if (account === undefined)
    throw invalidRequest('The IBAN you provided is invalid.', {
      code: 'invalid_bank_account_iban',
      param: 'sepa_debit[iban]',
    });
  return { ...bareMethod(world), sepa_debit: debitDetails(account), type: 'sepa_debit' };
}

function missingName(): StripeFault {
  return invalidRequest('Missing required param: billing_details[name].', {
    code: 'parameter_missing',
    param: 'billing_details[name]',
  });
}

interface ReadCard {
  readonly card: TestCard;
  readonly month: number;
  readonly year: number;
}

function readCard(form: Form): ReadCard {
  form.ignore('cvc', 'networks');
  const token = form.text('token');
  const card =
    token === undefined
      ? cardByNumber(form.required('number'))
      : cardByToken(token.replace('tok_', 'pm_card_'));
  if (card === undefined) {
    throw new StripeFault(402, 'card_error', {
      message: 'Your card number is incorrect.',
      code: 'incorrect_number',
      param: 'number',
    });
  }
  return { card, month: form.integer('exp_month') ?? 12, year: form.integer('exp_year') ?? 2040 };
}

function checkExpiry(world: World, { month, year }: ReadCard): void {
  if (month < 1 || month > 12) {
    const details = {
      code: 'invalid_expiry_month',
      param: 'exp_month',
      message: "Your card's expiration month is invalid.",
    };
    throw new StripeFault(402, 'card_error', details);
  }
  const full = year < 100 ? 2000 + year : year;
  if (Date.UTC(full, month) > world.now() * 1000) return;
  const details = {
    code: 'invalid_expiry_year',
    param: 'exp_year',
    message: "Your card's expiration year is invalid.",
  };
  throw new StripeFault(402, 'card_error', details);
}

function newMethod(world: World, card: TestCard, { month, year } = { month: 12, year: 2040 }): PaymentMethod {
  return {
    ...bareMethod(world),
    card: {
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'US',
      display_brand: card.brand,
      exp_month: month,
      exp_year: year < 100 ? 2000 + year : year,
      fingerprint: `sandbox${card.number.slice(-8)}`,
      funding: 'credit',
      generated_from: null,
      last4: card.number.slice(-4),
      networks: { available: [card.brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    type: 'card',
  };
}

function bareMethod(world: World): Omit<PaymentMethod, 'type'> {
  return {
    id: world.id('payment_method'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    created: world.now(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
  };
}

const attachTo: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const customer = customerOf(world, form.required('customer'));
  form.done();
  return attach(world, methodOf(world, id, 'id'), customer);
};

/** A card that is taken away is no customer's default any more. */
const detach: Operation = ({ world, ids: [id = ''] }) => {
  const method = world.table('payment_method').get(id);
  const owner = method.customer === null ? undefined : customerOf(world, method.customer);
  world.change(method, 'payment_method.detached', (changed) => {
    changed.customer = null;
  });
  if (owner?.invoice_settings.default_payment_method === id) {
    world.change(owner, 'customer.updated', (changed) => {
      changed.invoice_settings.default_payment_method = null;
    });
  }
  for (const subscription of world.table('subscription').list()) {
    if (subscription.default_payment_method !== id) continue;
    world.change(subscription, 'customer.subscription.updated', (changed) => {
      changed.default_payment_method = null;
    });
  }
  return method;
};

const list: Operation = ({ world, params, ids: [customer] }) => {
  const form = new Form(params);
  const [owner, type] = [customer ?? form.text('customer'), form.text('type') ?? 'card'];
  return world
    .table('payment_method')
    .list()
    .filter((method) => method.customer === owner && method.type === type);
};

export const methods: Operations = {
  'POST /v1/payment_methods': create,
  'GET /v1/payment_methods': list,
  'GET /v1/payment_methods/:id': ({ world, ids: [id = ''] }) => world.table('payment_method').get(id),
  'POST /v1/payment_methods/:id/attach': attachTo,
  'POST /v1/payment_methods/:id/detach': detach,
  'GET /v1/customers/:id/payment_methods': list,
};
