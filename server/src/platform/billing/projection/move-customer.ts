import type { Audit } from '#platform/audit';
import { type Statement, statement, type Transaction } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { UsageCarrier, UsedAmounts } from '#platform/limits';
import type { Customer } from './applied-object.ts';

/** A customer of a store who is another account from now on. */
export interface MovedCustomer extends Customer {
  readonly customer: string;
  readonly from: AccountId;
}

export interface MoveParts {
  readonly audit: Audit;
  readonly storeRules?: { readonly carrier: UsageCarrier } | undefined;
}

/** Use of each product that goes along. */
export type CarriedUsage = ReadonlyMap<string, UsedAmounts>;

/** Takes the use of a customer's purchases, before they go to another account. */
export async function takeUsageIn(
  parts: MoveParts,
  tx: Transaction,
  moved: MovedCustomer,
): Promise<CarriedUsage> {
  const used = new Map<string, UsedAmounts>();
  if (parts.storeRules === undefined) return used;
  for (const { product } of await tx.run(productsOf(moved)))
    used.set(product, await parts.storeRules.carrier.usedIn(tx, { accountId: moved.from, product }));
  return used;
}

/** Counts it for the account that has the purchase now: one that goes from account to account grants its quota once. */
export async function giveUsageIn(
  { storeRules }: MoveParts,
  tx: Transaction,
  { accountId, used }: MovedCustomer & { readonly used: CarriedUsage },
): Promise<void> {
  for (const [product, amounts] of used)
    await storeRules?.carrier.chargeIn(tx, { accountId, product }, amounts);
}

/** Gives the rows of all that a customer bought to another account. */
export async function moveRowsIn({ audit }: MoveParts, tx: Transaction, moved: MovedCustomer): Promise<void> {
  const { provider, customer, from, accountId: to } = moved;
  await tx.runAll(rowsOf(moved));
  for (const accountId of [from, to])
    await audit.recordIn(tx, {
      action: 'purchase.moved',
      actor: { kind: 'store', name: provider },
      accountId,
      target: { kind: 'purchase', id: customer },
      changes: { to_this_account: accountId === to },
    });
}

const OBJECTS = 'select object_id from billing.objects where store = $1 and mode = $2 and customer = $3';

const productsOf = ({ provider, mode, customer, from }: MovedCustomer) =>
  statement<{ product: string }>(
    `select distinct product from billing.subscriptions where store = $1 and mode = $2 and store_id in (${OBJECTS}) and account_id = $4
     union
     select l.product from billing.invoice_lines l where l.account_id = $4 and l.invoice_id = any(array(
       select i.id from billing.invoices i
       where i.store = $1 and i.mode = $2 and (i.subscription in (${OBJECTS}) or i.store_id in (${OBJECTS})) and i.account_id = $4))
     order by product`,
    [provider, mode, customer, from],
  );

const INVOICES = `select store_id from billing.invoices where store = $1 and mode = $2
  and (subscription in (${OBJECTS}) or store_id in (${OBJECTS}))`;
const PAYMENTS = `select store_id from billing.payments where store = $1 and mode = $2 and invoice in (${INVOICES})`;
const MOVED =
  'set account_id = $5, updated_at = app.now() where store = $1 and mode = $2 and account_id = $4';

/** From what hangs on others down: which payments are meant the invoices say. */
function rowsOf({ provider, mode, customer, from, accountId }: MovedCustomer): Statement[] {
  const values = [provider, mode, customer, from, accountId];
  return [
    statement(`update billing.told_failures ${MOVED} and invoice in (${INVOICES})`, values),
    statement(`update billing.refunds ${MOVED} and charge in (${PAYMENTS})`, values),
    statement(`update billing.disputes ${MOVED} and charge in (${PAYMENTS})`, values),
    statement(`update billing.payments ${MOVED} and invoice in (${INVOICES})`, values),
    statement(`update billing.invoices ${MOVED} and store_id in (${INVOICES})`, values),
    statement(`update billing.subscriptions ${MOVED} and store_id in (${OBJECTS})`, values),
    statement(`update billing.objects ${MOVED} and customer = $3`, values),
  ];
}
