import {
  invalidRequest,
  type Operation,
  type Operations,
  refusedRequest,
  resourceMissing,
} from '../../operation.ts';
import { accountAt } from './accounts.ts';
import { assertAvailable, move, paidBy } from './balance.ts';
import { idOf, mergeMetadata } from '../changes.ts';
import { Form } from '../form.ts';
import type { Payout } from '../objects.ts';
import type { Due, World } from '../world.ts';

/** Until money is at a bank. Seconds. */
const UNDER_WAY = 2 * 86_400;

/** To the bank of a connected account, or of the platform where none is named. */
const create: Operation = ({ world, params, account }) => {
  const form = new Form(params);
  const amount = Number(form.required('amount'));
  if (!Number.isInteger(amount) || amount < 1)
    throw invalidRequest(`Invalid integer: ${amount}`, {
      code: 'parameter_invalid_integer',
      param: 'amount',
    });
  const asked = {
    amount,
    currency: form.required('currency').toLowerCase(),
    description: form.text('description') ?? 'STRIPE PAYOUT',
    metadata: mergeMetadata(null, form.hash('metadata')),
    statement_descriptor: form.text('statement_descriptor') ?? null,
  };
  form.choice('method', ['standard']);
  form.choice('source_type', ['card']);
  form.done();
  return payOut(world, asked, account);
};

/** As Stripe does each day: sends all of a currency that became available since the last time to the platform's bank. */
export function payOutAutomatically(world: World, currency: string): Payout {
  const due = paidBy(world, { id: '', automatic: true, created: world.now(), currency });
  const paid = world.table('balance_transaction').list().filter(due);
  const amount = paid.reduce((sum, { net }) => sum + net, 0);
  const words = { description: 'STRIPE PAYOUT', metadata: {}, statement_descriptor: null };
  const payout = payOut(world, { amount, currency, ...words }, undefined);
  payout.automatic = true;
  return payout;
}

type Asked = Pick<Payout, 'amount' | 'currency' | 'description' | 'metadata' | 'statement_descriptor'>;

/** Sends money to a bank. Throws StripeFault where less is available. */
export function payOut(world: World, asked: Asked, account: string | undefined): Payout {
  const owner = account === undefined ? undefined : accountAt(world, account);
  if (owner?.payouts_enabled === false)
    throw refusedRequest('Payouts are disabled for this account.', { code: 'payouts_not_allowed' });
  const { amount, currency } = asked;
  assertAvailable(world, { amount, currency, account });
  const id = world.id('payout');
  const kind = { type: 'payout', category: 'payout', source: id, description: asked.description } as const;
  const left = { amount: -amount, currency, fee: () => 0, availableOn: world.now() };
  const payout: Payout = {
    id,
    object: 'payout',
    application_fee: null,
    application_fee_amount: null,
    arrival_date: world.now() + UNDER_WAY,
    automatic: false,
    balance_transaction: move(world, { ...left, ...kind, account }).id,
    created: world.now(),
    destination: owner?.external_accounts?.data[0]?.id ?? 'ba_platform',
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    method: 'standard',
    original_payout: null,
    payout_method: null,
    reconciliation_status: 'not_applicable',
    reversed_by: null,
    source_type: 'card',
    status: 'pending',
    trace_id: null,
    type: 'bank_account',
    ...asked,
  };
  if (account !== undefined) world.owners.set(id, account);
  tell(world, 'payout.created', world.table('payout').add(payout));
  return payout;
}

const tell = (world: World, type: string, payout: Payout) =>
  world.inAccount(world.owners.get(payout.id), () => world.emit(type, payout));

/** Payouts that reach their bank. */
export function* payoutsToCome(world: World): Generator<Due> {
  for (const payout of world.table('payout').oldestFirst())
    if (payout.status === 'pending') yield { at: payout.arrival_date, run: () => arrive(world, payout) };
}

function arrive(world: World, payout: Payout): void {
  payout.status = 'paid';
  tell(world, 'payout.paid', payout);
}

/** The bank sends the money back, as it may days after it was told as paid. */
export function failPayout(world: World, payout: Payout): Payout {
  if (payout.status === 'failed') throw new Error(`${payout.id} has failed already.`);
  const account = world.owners.get(payout.id);
  const { amount, currency } = payout;
  const kind = {
    type: 'payout_failure',
    category: 'payout_reversal',
    source: payout.id,
    description: null,
  } as const;
  const back = { amount, currency, fee: () => 0, availableOn: world.now() };
  payout.failure_balance_transaction = move(world, { ...back, ...kind, account }).id;
  payout.failure_code = 'account_closed';
  payout.failure_message = 'The bank account has been closed';
  payout.status = 'failed';
  tell(world, 'payout.failed', payout);
  return payout;
}

const list: Operation = ({ world, params, account }) => {
  const form = new Form(params);
  const [status, destination] = [form.text('status'), form.text('destination')];
  return world
    .table('payout')
    .list()
    .filter(({ id }) => world.owners.get(id) === account)
    .filter((payout) => status === undefined || payout.status === status)
    .filter(
      (payout) =>
        destination === undefined ||
        (payout.destination !== null && idOf(payout.destination) === destination),
    );
};

const get: Operation = ({ world, ids: [id = ''], account }) => {
  if (world.owners.get(id) !== account) throw resourceMissing('payout', id);
  return world.table('payout').get(id);
};

export const payouts: Operations = {
  'POST /v1/payouts': create,
  'GET /v1/payouts': list,
  'GET /v1/payouts/:id': get,
};
