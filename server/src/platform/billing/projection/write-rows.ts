import { type Statement, statement, type Transaction } from '#platform/db';
import { uuidOf } from '#platform/kernel';
import type { InvoiceFacts, LineFacts, PaymentFacts, SaleFacts, SubscriptionFacts } from '../facts.ts';
import type { ProviderMode } from '../payment-provider.ts';
import type { AppliedObject } from './applied-object.ts';

/** State of an object before it is written anew, for the audit. */
export interface FormerRow {
  readonly state: string;
  readonly product?: string | null;
  readonly plan?: string | null;
  readonly cycle?: string | null;
  readonly quantity?: number | null;
  readonly cancels_at?: Date | null;
}

/**
 * Writes the rows of one object as its newest body has them, and answers those that were there before, by the provider's
 * ids. An object that the provider does not have any more has none.
 */
export async function writeRowsIn(
  tx: Transaction,
  applied: AppliedObject,
): Promise<ReadonlyMap<string, FormerRow>> {
  const { ref, facts } = applied;
  const { subscription, invoice, payment, checkout } = facts;
  const before = await tx.run(formerRows(applied));
  const writing: Statement[] = [];
  if (subscription !== undefined)
    writing.push(upsert(applied, 'subscriptions', subscriptionRow(subscription)));
  if (invoice !== undefined) writing.push(...invoiceRows(applied, invoice));
  if (payment !== undefined) writing.push(...paymentRows(applied, payment));
  for (const sale of facts.sales ?? [])
    writing.push(...invoiceRows(applied, sale.invoice), ...paymentRows(applied, sale.payment));
  if (facts.sales !== undefined) writing.push(deleteOtherRefunds(applied, facts.sales));
  if (checkout !== undefined) writing.push(checkoutState(applied, checkout.state));
  // A draft that was thrown away. A charge stays with the provider for ever.
  if (ref.kind === 'invoice' && invoice === undefined) writing.push(deleteRow(applied, 'invoices'));
  // One that was moved to what we do not sell.
  if (ref.kind === 'subscription' && subscription === undefined)
    writing.push(deleteRow(applied, 'subscriptions'));
  await tx.runAll(writing);
  return new Map(before.map(({ store_id, ...row }) => [store_id, row]));
}

/** Money that was taken back of sales; no row: the object tells of none. */
const FORMER_OF_SALES = ['refunds', 'disputes']
  .map(
    (
      table,
    ) => `select t.store_id, t.state, null, null, null, null::integer, null::timestamptz from billing.${table} t
       where t.store = $1 and t.mode = $2 and t.charge in (select jsonb_array_elements_text($4::text::jsonb))`,
  )
  .join(' union all ');

const formerRows = ({ ref, facts, provider, mode }: AppliedObject) =>
  facts.sales === undefined
    ? formerRowsOf({ ref, provider, mode })
    : statement<FormerRow & { store_id: string }>(
        `select store_id, state, product, plan, cycle, quantity, cancels_at from billing.subscriptions
         where store = $1 and mode = $2 and store_id = $3 union all ${FORMER_OF_SALES}`,
        [
          provider,
          mode,
          ref.id,
          JSON.stringify(facts.sales.flatMap(({ payment }) => payment.charges.map(({ id }) => id))),
        ],
      );

const formerRowsOf = ({ ref, provider, mode }: Pick<AppliedObject, 'ref' | 'provider' | 'mode'>) =>
  statement<FormerRow & { store_id: string }>(
    ref.kind === 'payment'
      ? `select r.store_id, r.state from billing.refunds r join billing.payments p on (p.store, p.mode, p.store_id) = (r.store, r.mode, r.charge)
         where p.store = $1 and p.mode = $2 and p.payment = $3
         union all
         select d.store_id, d.state from billing.disputes d join billing.payments p on (p.store, p.mode, p.store_id) = (d.store, d.mode, d.charge)
         where p.store = $1 and p.mode = $2 and p.payment = $3`
      : `select store_id, state, product, plan, cycle, quantity, cancels_at from billing.subscriptions
         where store = $1 and mode = $2 and store_id = $3
         union all
         select store_id, state, null, null, null, null, null from billing.invoices where store = $1 and mode = $2 and store_id = $3`,
    [provider, mode, ref.id],
  );

type Row = { readonly store_id: string } & Readonly<Record<string, string | number | boolean | Date | null>>;

function subscriptionRow({ next, pending, ...of }: SubscriptionFacts): Row {
  return {
    store_id: of.id,
    product: of.product,
    plan: of.plan,
    cycle: of.cycle,
    quantity: of.quantity,
    unit_amount: of.unitAmount,
    currency: of.currency,
    unit_micros: of.unitMicros === undefined ? null : JSON.stringify(of.unitMicros),
    state: of.state,
    given_up: of.givenUp,
    starts_at: of.startsAt,
    trial_ends_at: of.trialEndsAt,
    period_starts_at: of.periodStartsAt,
    period_ends_at: of.periodEndsAt,
    cancels_at: of.cancelsAt,
    ended_at: of.endedAt,
    in_sandbox: of.isSandbox ?? false,
    kept_until: of.keptUntil ?? null,
    replaces: of.replaces ?? null,
    acknowledge_by: of.acknowledgeBy ?? null,
    needs_follow_up: of.needsFollowUp ?? false,
    card_expires_at: of.cardExpiresAt ?? null,
    next_unit_amount: of.nextUnitAmount ?? null,
    ends_unpaid: of.endsUnpaid ?? false,
    leaving_reason: of.leaving?.reason ?? null,
    leaving_feedback: of.leaving?.feedback ?? null,
    leaving_comment: of.leaving?.comment ?? null,
    next_plan: next?.plan ?? null,
    next_cycle: next?.cycle ?? null,
    next_quantity: next?.quantity ?? null,
    next_at: next?.at ?? null,
    pending_plan: pending?.plan ?? null,
    pending_cycle: pending?.cycle ?? null,
    pending_quantity: pending?.quantity ?? null,
    pending_invoice: pending?.invoice ?? null,
    pending_expires_at: pending?.expiresAt ?? null,
  };
}

function invoiceRows(applied: AppliedObject, { lines, ...of }: InvoiceFacts): Statement[] {
  const row = {
    store_id: of.id,
    number: of.number,
    state: of.state,
    subscription: of.subscription,
    reason: of.reason,
    currency: of.currency,
    subtotal: of.subtotal,
    discount: of.discount,
    tax: of.tax,
    total: of.total,
    paid: of.paid,
    attempts: of.attempts,
    last_charge: of.lastCharge,
    next_attempt_at: of.nextAttemptAt,
    asks_customer: of.asksCustomer ?? false,
    url: of.url,
    pdf_url: of.pdfUrl,
    issued_at: of.issuedAt,
    due_at: of.dueAt,
    paid_at: of.paidAt,
    acknowledge_by: of.acknowledgeBy ?? null,
    in_sandbox: of.isSandbox ?? false,
  };
  // Lines of a draft come and go.
  const id = idOf(applied, of.id);
  return [upsert(applied, 'invoices', row), deleteLines(applied, id), insertLines(applied, id, lines)];
}

function paymentRows(
  applied: AppliedObject,
  { id, invoice, charges, refunds, disputes }: PaymentFacts,
): Statement[] {
  return [
    ...charges.map((of) =>
      upsert(applied, 'payments', {
        store_id: of.id,
        payment: id,
        invoice,
        state: of.state,
        failure_code: of.failureCode,
        amount: of.amount,
        currency: of.currency,
        fee: of.fee,
        occurred_at: of.occurredAt,
      }),
    ),
    ...refunds.map((of) =>
      upsert(applied, 'refunds', {
        store_id: of.id,
        charge: of.charge,
        state: of.state,
        amount: of.amount,
        fee_returned: of.feeReturned,
        currency: of.currency,
        reason: of.reason,
        occurred_at: of.occurredAt,
      }),
    ),
    ...disputes.map((of) =>
      upsert(applied, 'disputes', {
        store_id: of.id,
        charge: of.charge,
        state: of.state,
        amount: of.amount,
        fee: of.fee,
        currency: of.currency,
        reason: of.reason,
        occurred_at: of.occurredAt,
      }),
    ),
  ];
}

type Table = 'subscriptions' | 'invoices' | 'payments' | 'refunds' | 'disputes';

/** A row by the provider's id. One that says the same already is left as it is, and so is another account's. */
function upsert({ accountId, provider, mode }: AppliedObject, table: Table, row: Row): Statement {
  const columns = Object.keys(row);
  const all = ['account_id', 'id', 'store', 'mode', ...columns];
  const values = [accountId, idOf({ provider, mode }, row.store_id), provider, mode, ...Object.values(row)];
  const params = all.map((column, n) => `$${n + 1}${column === 'unit_micros' ? '::text::jsonb' : ''}`);
  const list = (prefix: string) => columns.map((column) => `${prefix}${column}`).join(', ');
  return statement(
    `insert into billing.${table} as present (${all.join(', ')}) values (${params.join(', ')})
     on conflict (store, mode, store_id) do update set (${list('')}, updated_at) = row(${list('excluded.')}, app.now())
     where present.account_id = excluded.account_id and (${list('present.')}) is distinct from (${list('excluded.')})`,
    values,
  );
}

/** A UUID that follows from the provider's id: rows that are told again from the kept bodies have the ids that they had. */
const idOf = ({ provider, mode }: ProviderMode, storeId: string): string =>
  uuidOf(`${provider} ${mode} ${storeId}`);

const deleteRow = ({ accountId, provider, mode, ref }: AppliedObject, table: 'subscriptions' | 'invoices') =>
  statement(
    `delete from billing.${table} where account_id = $1 and store = $2 and mode = $3 and store_id = $4`,
    [accountId, provider, mode, ref.id],
  );

const deleteLines = ({ accountId }: AppliedObject, invoiceId: string) =>
  statement('delete from billing.invoice_lines where account_id = $1 and invoice_id = $2', [
    accountId,
    invoiceId,
  ]);

const insertLines = ({ accountId }: AppliedObject, invoiceId: string, lines: readonly LineFacts[]) =>
  statement(
    `insert into billing.invoice_lines (account_id, invoice_id, store_id, product, plan, add_on, overage, cycle, quantity,
       unit_amount, amount, discount, tax, proration, period_starts_at, period_ends_at)
     select $1, $2, id, product, plan, "addOn", overage, cycle, quantity, "unitAmount", amount, discount, tax, proration,
       "periodStartsAt", "periodEndsAt"
     from jsonb_to_recordset($3::text::jsonb) as line (id text, product text, plan text, "addOn" text, overage text, cycle text,
       quantity bigint, "unitAmount" bigint, amount bigint, discount bigint, tax bigint, proration boolean,
       "periodStartsAt" timestamptz, "periodEndsAt" timestamptz)`,
    [accountId, invoiceId, JSON.stringify(lines)],
  );

/** A store may take a refund back: then it is told of no more. */
const deleteOtherRefunds = ({ accountId, provider, mode }: AppliedObject, sales: readonly SaleFacts[]) =>
  statement(
    `delete from billing.refunds where account_id = $1 and store = $2 and mode = $3
       and charge in (select jsonb_array_elements_text($4::text::jsonb))
       and store_id not in (select jsonb_array_elements_text($5::text::jsonb))`,
    [
      accountId,
      provider,
      mode,
      JSON.stringify(sales.flatMap(({ payment }) => payment.charges.map(({ id }) => id))),
      JSON.stringify(sales.flatMap(({ payment }) => payment.refunds.map(({ id }) => id))),
    ],
  );

/** The state of a checkout that was begun here. */
const checkoutState = ({ accountId, provider, mode, ref }: AppliedObject, state: string) =>
  statement(
    `update billing.checkouts set state = $5, updated_at = app.now()
     where account_id = $1 and store = $2 and mode = $3 and session = $4 and state <> $5`,
    [accountId, provider, mode, ref.id, state],
  );
