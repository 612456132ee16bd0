import {
  invalidRequest,
  type Operation,
  type Operations,
  refusedRequest,
  resourceMissing,
} from '../../operation.ts';
import { assertAvailable, fundsOf, move } from './balance.ts';
import { idOf, listOf, mergeMetadata } from '../changes.ts';
import { Form } from '../form.ts';
import type { Account, Charge, Transfer, TransferReversal } from '../objects.ts';
import type { World } from '../world.ts';

export const NO_CAPABILITY =
  'Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments';

const create: Operation = ({ world, params }) => {
  const form = new Form(params);
  const amount = positive(Number(form.required('amount')));
  const currency = form.required('currency').toLowerCase();
  const payee = payeeOf(world, form.required('destination'));
  const asked = {
    amount,
    currency,
    description: form.text('description') ?? null,
    metadata: mergeMetadata(null, form.hash('metadata')),
  };
  const [group, source] = [form.text('transfer_group'), form.text('source_transaction')];
  form.choice('source_type', ['card']);
  form.done();
  const charge = source === undefined ? undefined : chargeAt(world, source, asked);
  if (payee.capabilities?.transfers !== 'active')
    throw refusedRequest(NO_CAPABILITY, { code: 'insufficient_capabilities_for_transfer' });
  if (charge === undefined) assertAvailable(world, asked);
  const id = world.id('transfer');
  const transfer: Transfer = {
    id,
    object: 'transfer',
    amount_reversed: 0,
    balance_transaction: null,
    created: world.now(),
    destination: payee.id,
    destination_payment: world.token('py'),
    livemode: false,
    reversals: listOf<TransferReversal>(`/v1/transfers/${id}/reversals`, []),
    reversed: false,
    source_transaction: charge?.id ?? null,
    source_type: 'card',
    transfer_group: group ?? (charge === undefined ? null : (charge.transfer_group ?? `group_${charge.id}`)),
    ...asked,
  };
  transfer.balance_transaction = hand(world, transfer, charge);
  world.emit('transfer.created', world.table('transfer').add(transfer));
  return transfer;
};

function positive(amount: number): number {
  if (Number.isInteger(amount) && amount >= 1) return amount;
  throw invalidRequest('This value must be greater than or equal to 1.', {
    code: 'parameter_invalid_integer',
    param: 'amount',
  });
}

function payeeOf(world: World, id: string): Account {
  const payee = world.table('account').find(id);
  if (payee === undefined) throw resourceMissing('destination', id, 'destination');
  return payee;
}

/** A charge that the money comes from, whether it is available or not. */
function chargeAt(world: World, id: string, asked: Pick<Transfer, 'amount' | 'currency'>): Charge {
  const charge = world.table('charge').get(id, 'source_transaction');
  const moved = charge.balance_transaction;
  const settled = moved === null ? undefined : world.table('balance_transaction').get(idOf(moved));
  if (settled?.currency !== asked.currency)
    throw refusedRequest(
      `The currency of source_transaction's balance transaction (${settled?.currency ?? 'none'}) must be the same as the transfer currency (${asked.currency})`,
      { param: 'currency' },
    );
  const taken = world
    .table('transfer')
    .oldestFirst()
    .filter(({ source_transaction: source }) => source === id)
    .reduce((sum, { amount, amount_reversed: back }) => sum + amount - back, 0);
  if (taken + asked.amount > charge.amount)
    throw refusedRequest(
      `The transfers of ${id} can't be more than its amount: ${charge.amount - taken} are left.`,
      { param: 'amount' },
    );
  return charge;
}

/** From the platform to the account; the answer is what the platform sees of it. */
function hand(world: World, transfer: Transfer, charge: Charge | undefined): string {
  const { amount, currency, id, description } = transfer;
  const account = idOf(transfer.destination ?? '');
  const from = charge?.balance_transaction ?? null;
  const availableOn = Math.max(
    world.now(),
    from === null ? 0 : world.table('balance_transaction').get(idOf(from)).available_on,
  );
  const both = { currency, fee: () => 0, description, availableOn };
  const sent = { amount: -amount, type: 'transfer', category: 'transfer', source: id };
  const got = {
    amount,
    type: 'payment',
    category: 'charge',
    source: idOf(transfer.destination_payment ?? ''),
    account,
  };
  move(world, { ...both, ...got });
  return move(world, { ...both, ...sent }).id;
}

const reverse: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const transfer = world.table('transfer').get(id);
  const left = transfer.amount - transfer.amount_reversed;
  const amount = form.integer('amount') ?? left;
  const [description, metadata] = [
    form.text('description') ?? null,
    mergeMetadata(null, form.hash('metadata')),
  ];
  form.flag('refund_application_fee');
  form.done();
  if (left === 0) throw refusedRequest(`Transfer ${id} is already fully reversed.`, { param: 'id' });
  positive(amount);
  if (amount > left)
    throw refusedRequest(
      `Transfer reversal amount (${amount}) is greater than unreversed amount on transfer (${left})`,
      { param: 'amount' },
    );
  const account = idOf(transfer.destination ?? '');
  const { available = 0, pending = 0 } = fundsOf(world, account).get(transfer.currency) ?? {};
  if (available + pending < amount)
    throw refusedRequest('The connected account does not have enough funds for this reversal.', {
      code: 'balance_insufficient',
    });
  const reversal = giveBack(world, transfer, { amount, description, metadata });
  world.change(transfer, 'transfer.reversed', (changed) => {
    changed.amount_reversed += amount;
    changed.reversed = changed.amount_reversed === changed.amount;
    changed.reversals.data.unshift(reversal);
  });
  return reversal;
};

function giveBack(
  world: World,
  transfer: Transfer,
  {
    amount,
    description,
    metadata,
  }: Pick<TransferReversal, 'amount' | 'metadata'> & { description: string | null },
): TransferReversal {
  const id = world.token('trr');
  const refund = world.token('pyr');
  const both = { currency: transfer.currency, fee: () => 0, description, availableOn: world.now() };
  const taken = { amount: -amount, type: 'payment_refund', category: 'refund', source: refund };
  move(world, { ...both, ...taken, account: idOf(transfer.destination ?? '') });
  const back = { amount, type: 'transfer_refund', category: 'transfer_reversal', source: id };
  return {
    id,
    object: 'transfer_reversal',
    amount,
    balance_transaction: move(world, { ...both, ...back }).id,
    created: world.now(),
    currency: transfer.currency,
    destination_payment_refund: refund,
    metadata,
    source_refund: null,
    transfer: transfer.id,
  };
}

const update: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const [description, metadata] = [form.optional('description'), form.hash('metadata')];
  form.done();
  return world.change(world.table('transfer').get(id), 'transfer.updated', (transfer) => {
    if (description !== undefined) transfer.description = description;
    transfer.metadata = mergeMetadata(transfer.metadata, metadata);
  });
};

const list: Operation = ({ world, params }) => {
  const form = new Form(params);
  const [destination, group] = [form.text('destination'), form.text('transfer_group')];
  form.ignore('created', 'ending_before', 'limit', 'starting_after');
  form.done();
  return world
    .table('transfer')
    .list()
    .filter((transfer) => destination === undefined || transfer.destination === destination)
    .filter((transfer) => group === undefined || transfer.transfer_group === group);
};

const reversalAt = (world: World, transfer: string, id: string): TransferReversal => {
  const found = world
    .table('transfer')
    .get(transfer)
    .reversals.data.find((one) => one.id === id);
  if (found === undefined) throw resourceMissing('transfer reversal', id);
  return found;
};

const updateReversal: Operation = ({ world, params, ids: [transfer = '', id = ''] }) => {
  const form = new Form(params);
  const metadata = form.hash('metadata');
  form.done();
  const reversal = reversalAt(world, transfer, id);
  reversal.metadata = mergeMetadata(reversal.metadata, metadata);
  return reversal;
};

export const transfers: Operations = {
  'POST /v1/transfers': create,
  'GET /v1/transfers': list,
  'GET /v1/transfers/:id': ({ world, ids: [id = ''] }) => world.table('transfer').get(id),
  'POST /v1/transfers/:id': update,
  'POST /v1/transfers/:id/reversals': reverse,
  'GET /v1/transfers/:id/reversals': ({ world, ids: [id = ''] }) =>
    world.table('transfer').get(id).reversals.data,
  'GET /v1/transfers/:id/reversals/:id': ({ world, ids: [transfer = '', id = ''] }) =>
    reversalAt(world, transfer, id),
  'POST /v1/transfers/:id/reversals/:id': updateReversal,
};
