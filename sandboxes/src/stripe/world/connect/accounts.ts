import { invalidRequest, type Operation, type Operations, StripeFault } from '../../operation.ts';
import { fundsOf } from './balance.ts';
import { mergeMetadata } from '../changes.ts';
import { Form } from '../form.ts';
import type { Account } from '../objects.ts';
import type { World } from '../world.ts';

/** Calls that may be made for a connected account, by the header `Stripe-Account`. */
export const CONNECTED_CALLS: ReadonlySet<string> = new Set([
  'GET /v1/account',
  'GET /v1/balance',
  'GET /v1/balance_transactions',
  'GET /v1/balance_transactions/:id',
  'GET /v1/events',
  'GET /v1/events/:id',
  'GET /v1/payouts',
  'GET /v1/payouts/:id',
  'POST /v1/payouts',
]);

const CAPABILITIES = ['card_payments', 'transfers'] as const;
const CURRENCIES: Readonly<Record<string, string>> = {
  AU: 'aud',
  CA: 'cad',
  CH: 'chf',
  GB: 'gbp',
  JP: 'jpy',
  US: 'usd',
};
/** What accounts have not said of themselves yet. */
const UNSAID = [
  'business_profile.url',
  'business_type',
  'external_account',
  'tos_acceptance.date',
  'tos_acceptance.ip',
];

const create: Operation = ({ world, params }) => {
  const form = new Form(params);
  const payer = readKind(form);
  const country = form.text('country') ?? 'US';
  if (!/^[A-Z]{2}$/.test(country)) throw invalidRequest(`Invalid country: ${country}`, { param: 'country' });
  const id = world.id('account');
  const account: Account = {
    id,
    object: 'account',
    business_profile: NO_PROFILE,
    business_type: form.choice('business_type', ['company', 'individual', 'non_profit']) ?? null,
    capabilities: {},
    charges_enabled: false,
    controller: {
      fees: { payer },
      is_controller: true,
      losses: { payments: 'application' },
      requirement_collection: 'stripe',
      stripe_dashboard: { type: 'express' },
      type: 'application',
    },
    country,
    created: world.now(),
    default_currency: form.text('default_currency') ?? CURRENCIES[country] ?? 'eur',
    details_submitted: false,
    email: form.text('email') ?? null,
    external_accounts: {
      object: 'list',
      data: [],
      has_more: false,
      url: `/v1/accounts/${id}/external_accounts`,
    },
    future_requirements: requirements([], null),
    metadata: mergeMetadata(null, form.hash('metadata')),
    payouts_enabled: false,
    requirements: requirements(UNSAID, 'requirements.past_due'),
    settings: SETTINGS,
    tos_acceptance: { date: null, ip: null, user_agent: null },
    type: 'express',
  };
  readDetails(form, account);
  form.done();
  if (Object.keys(account.capabilities ?? {}).length === 0) account.capabilities = { transfers: 'inactive' };
  return world.table('account').add(structuredClone(account));
};

/** Express, by either way to say it; the answer is who pays Stripe's fees. */
function readKind(form: Form): 'application' | 'application_express' {
  const type = form.choice('type', ['custom', 'express', 'standard']);
  const controller = form.part('controller');
  if (type !== undefined && controller !== undefined)
    throw invalidRequest('You may only specify one of these parameters: type, controller.', {
      code: 'parameters_exclusive',
    });
  const dashboard = controller?.part('stripe_dashboard')?.choice('type', ['express', 'full', 'none']);
  const said = [
    controller?.part('fees')?.choice('payer', ['account', 'application']) ?? 'application',
    controller?.part('losses')?.choice('payments', ['application', 'stripe']) ?? 'application',
    controller?.choice('requirement_collection', ['application', 'stripe']) ?? 'stripe',
  ];
  if ((type ?? dashboard) !== 'express' || said.join() !== 'application,application,stripe')
    throw invalidRequest('This sandbox knows accounts with an Express dashboard alone.', {
      param: type === undefined ? 'controller' : 'type',
    });
  return type === undefined ? 'application' : 'application_express';
}

/** What may be said at the making and later. */
function readDetails(form: Form, account: Account): void {
  const profile = form.part('business_profile');
  for (const name of ['mcc', 'name', 'product_description', 'support_email', 'url'] as const) {
    const said = profile?.optional(name);
    if (said !== undefined)
      account.business_profile = { ...NO_PROFILE, ...account.business_profile, [name]: said };
  }
  const asked = form.part('capabilities');
  for (const name of CAPABILITIES)
    if (asked?.part(name)?.flag('requested') === true)
      account.capabilities = { ...account.capabilities, [name]: account.capabilities?.[name] ?? 'inactive' };
  form.part('settings')?.part('payouts')?.part('schedule')?.choice('interval', ['daily', 'manual']);
  form.part('tos_acceptance')?.choice('service_agreement', ['full', 'recipient']);
}

const update: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const account = accountAt(world, id);
  const changed = structuredClone(account);
  const email = form.optional('email');
  if (email !== undefined) changed.email = email;
  changed.metadata = mergeMetadata(account.metadata ?? null, form.hash('metadata'));
  readDetails(form, changed);
  form.done();
  return change(world, account, (one) => void Object.assign(one, changed));
};

const remove: Operation = ({ world, ids: [id = ''] }) => {
  accountAt(world, id);
  if ([...fundsOf(world, id).values()].some(({ available, pending }) => available + pending !== 0))
    throw invalidRequest('This account can’t be deleted: its balance is not zero.');
  world.table('account').remove(id);
  return { id, object: 'account', deleted: true };
};

/** A connected account. Throws 403 for one that there is not (any more), as Stripe does. */
export function accountAt(world: World, id: string): Account {
  const account = world.table('account').find(id);
  if (account !== undefined) return account;
  throw new StripeFault(403, 'invalid_request_error', {
    code: 'account_invalid',
    message: `The provided key 'sk_test_****' does not have access to account '${id}' (or that account does not exist). Application access may have been revoked.`,
  });
}

const change = (world: World, account: Account, edit: (account: Account) => void) =>
  world.inAccount(account.id, () => world.change(account, 'account.updated', edit));

/** The owner has said everything. `later`: Stripe still looks at it. */
export function submitDetails(world: World, account: Account, { later = false } = {}): Account {
  return change(world, account, (one) => {
    one.details_submitted = true;
    one.tos_acceptance = { ...one.tos_acceptance, date: world.now(), ip: '127.0.0.1' };
    one.business_type ??= 'individual';
    if (one.external_accounts?.data.length === 0) one.external_accounts.data.push(bankOf(world, one));
    one.requirements = requirements([], null);
    if (later) one.requirements.pending_verification = ['individual.verification.document'];
    enable(one, later ? 'pending' : 'active');
  });
}

/** Stripe wants more of the owner, or has rejected them: nothing is transferred or paid out. */
export function restrict(
  world: World,
  account: Account,
  reason: DisabledReason = 'requirements.past_due',
): Account {
  return change(world, account, (one) => {
    const due = reason.startsWith('requirements.') ? ['individual.verification.document'] : [];
    one.requirements = requirements(due, reason);
    enable(one, 'inactive');
  });
}

/** The owner takes the platform's access away. */
export function deauthorize(world: World, account: Account): void {
  world.table('account').remove(account.id);
  const application = { id: 'ca_sandbox', object: 'application', name: world.settings.merchant };
  world.inAccount(account.id, () => world.emit('account.application.deauthorized', application));
}

function enable(account: Account, state: 'active' | 'inactive' | 'pending'): void {
  const names = Object.keys(account.capabilities ?? {});
  account.capabilities = Object.fromEntries(names.map((name) => [name, state]));
  account.charges_enabled = account.capabilities.card_payments === 'active';
  account.payouts_enabled = state === 'active';
}

type Requirements = NonNullable<Account['requirements']>;
export type DisabledReason = NonNullable<Requirements['disabled_reason']>;

function requirements(due: readonly string[], reason: DisabledReason | null): Requirements {
  return {
    alternatives: [],
    current_deadline: null,
    currently_due: [...due],
    disabled_reason: reason,
    errors: [],
    eventually_due: [...due],
    past_due: reason === 'requirements.past_due' ? [...due] : [],
    pending_verification: [],
  };
}

type ExternalAccount = NonNullable<Account['external_accounts']>['data'][number];

function bankOf(
  world: World,
  { id, country = 'US', default_currency: currency = 'usd' }: Account,
): ExternalAccount {
  return {
    id: world.token('ba'),
    object: 'bank_account',
    account: id,
    account_holder_name: 'Ada Lovelace',
    account_holder_type: 'individual',
    account_type: null,
    available_payout_methods: ['standard'],
    bank_name: 'STRIPE TEST BANK',
    country,
    currency,
    default_for_currency: true,
    fingerprint: world.token('bank'),
    last4: '6789',
    metadata: {},
    routing_number: '110000000',
    status: 'new',
  };
}

const NO_PROFILE: NonNullable<Account['business_profile']> = {
  annual_revenue: null,
  estimated_worker_count: null,
  mcc: null,
  minority_owned_business_designation: null,
  name: null,
  product_description: null,
  specified_commercial_transactions_act_url: null,
  support_address: null,
  support_email: null,
  support_phone: null,
  support_url: null,
  url: null,
};

/** Nothing of it is acted upon: money is paid out when it is asked for. */
const SETTINGS: NonNullable<Account['settings']> = {
  bacs_debit_payments: { display_name: null, service_user_number: null },
  branding: { icon: null, logo: null, primary_color: null, secondary_color: null },
  card_issuing: { tos_acceptance: { date: null, ip: null } },
  card_payments: {
    decline_on: { avs_failure: false, cvc_failure: false },
    statement_descriptor_prefix: null,
    statement_descriptor_prefix_kana: null,
    statement_descriptor_prefix_kanji: null,
  },
  dashboard: { display_name: null, timezone: 'Etc/UTC' },
  invoices: { default_account_tax_ids: null, hosted_payment_method_save: 'never' },
  payments: {
    statement_descriptor: null,
    statement_descriptor_kana: null,
    statement_descriptor_kanji: null,
    statement_descriptor_prefix_kana: null,
    statement_descriptor_prefix_kanji: null,
  },
  payouts: {
    debit_negative_balances: true,
    schedule: { delay_days: 2, interval: 'manual' },
    statement_descriptor: null,
  },
  sepa_debit_payments: {},
};

export const accounts: Operations = {
  'POST /v1/accounts': create,
  'GET /v1/accounts': ({ world }) => world.table('account').list(),
  'GET /v1/accounts/:id': ({ world, ids: [id = ''] }) => accountAt(world, id),
  'GET /v1/account': ({ world, account }) => accountAt(world, account ?? 'acct_platform'),
  'POST /v1/accounts/:id': update,
  'DELETE /v1/accounts/:id': remove,
};
