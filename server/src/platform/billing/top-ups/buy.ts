import { commitPoint, type Database, type Transaction } from '#platform/db';
import { type Catalogue, inCurrency, isPack, isRunning } from '#platform/entitlements';
import type { AccountId, Ids } from '#platform/kernel';
import type { Mail } from '#platform/mail';
import type { Logger } from '#platform/telemetry';
import type { Webhooks } from '#platform/webhooks';
import { refusalOf } from '../errors.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { StripeConnection } from '../providers/stripe/client.ts';
import type { LimitInUse } from '../views.ts';
import { holdCustomer } from '../providers/stripe/hold-customer.ts';
import * as invoices from '../providers/stripe/item-invoice.ts';
import { attemptAll } from '../sharing/attempt-all.ts';
import { type Stopped, tellStoppedIn } from './tell-stopped.ts';
import * as store from './store.ts';

const LOOKED = commitPoint('billing.top-up-looked', 'which accounts have less left than they agreed to');
const BEGUN = commitPoint(
  'billing.top-up-begun',
  'a purchase that an account agreed to, or why there is none',
);
const KEPT = commitPoint(
  'billing.top-up-invoice',
  'which invoice a top-up is paid by, before it can be paid',
);
const CLOSED = commitPoint(
  'billing.top-up-closed',
  'that a top-up is paid, waits for the customer, or is over',
);

export interface BuyParts {
  readonly db: Database;
  readonly ids: Pick<Ids, 'next'>;
  readonly log: Pick<Logger, 'error'>;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
  readonly catalogues: ReadonlyMap<string, Catalogue>;
  /** The use of limits; of credits with what is left. */
  readonly usage: (accountId: AccountId) => Promise<readonly (LimitInUse & { readonly balance?: number })[]>;
  readonly inbox: Pick<Inbox, 'refresh'>;
  readonly stripe: StripeConnection;
}

/**
 * Goes on with purchases that are under way, and begins those that are needed. The rows say what is to do, and one invoice at the provider is
 * paid once: the next run goes on where one died, and two at once do no harm. Throws when one failed, which keeps no other one waiting.
 */
export async function buyTopUps(parts: BuyParts): Promise<void> {
  const { db, stripe } = parts;
  const { mode } = stripe.client;
  await db.system('billing.top-ups', CLOSED, [store.endPaidAttempts(mode)]);
  const [due] = await db.system('billing.top-ups', LOOKED, [store.takeAttempts(mode)]);
  await attemptAll(due.values(), parts, async (one) =>
    one.state === 'open' ? goOn(parts, one) : closeOverdue(parts, one),
  );
  for (;;) {
    const [low] = await db.system('billing.top-ups', LOOKED, [store.takeLowTopUps(mode)]);
    await attemptAll(low.values(), parts, async (row) => begin(parts, row));
    if (low.length === 0) return;
  }
}

async function begin(parts: BuyParts, row: store.TopUpRow): Promise<void> {
  const usage = await parts.usage(row.account_id);
  const left = usage.find(
    ({ product, limit }) => product === row.product && limit === row.limit_name,
  )?.balance;
  if (left === undefined || left >= row.threshold) return;
  const catalogue = parts.catalogues.get(row.product);
  if (catalogue === undefined || !isRunning(catalogue)) return;
  if (await wasPaidLate(parts, row)) return;
  const attempt = await parts.db.system('billing.top-ups', BEGUN, async (tx) => {
    const [room] = await tx.run(store.lockTopUp(row));
    if (room === undefined) return undefined;
    const wanted = Math.ceil((row.threshold - left) / row.credits);
    const quantity = Math.min(wanted, Math.floor((row.monthly_cap - room.spent) / row.unit_amount));
    const reason = reasonToStop(catalogue, row, { quantity, ...room });
    if (reason !== undefined) await stopIn(parts, tx, { ...row, reason, url: null });
    else return (await tx.run(store.beginAttempt(row, parts.ids.next(), quantity)))[0];
    return undefined;
  });
  if (attempt !== undefined) await goOn(parts, attempt);
  else wake(parts);
}

function reasonToStop(
  { addOns }: Catalogue,
  { add_on, limit_name, credits, unit_amount, currency }: store.TopUpRow,
  { quantity, money_back: isBack }: Pick<store.Room, 'money_back'> & { readonly quantity: number },
): store.StopReason | undefined {
  if (isBack) return 'money_back';
  const pack = Object.hasOwn(addOns, add_on) ? addOns[add_on] : undefined;
  const isSame = isPack(pack) && pack.limit === limit_name && pack.credits === credits;
  if (!isSame || inCurrency(pack.price, currency)?.once !== unit_amount) return 'price_changed';
  return quantity < 1 ? 'monthly_cap' : undefined;
}

/** Has the invoice of a purchase be there, be written down, and then be paid, as long as it is agreed to. */
async function goOn(parts: BuyParts, attempt: store.AttemptRow): Promise<void> {
  const { db, stripe } = parts;
  const order = orderOf(parts, attempt);
  try {
    const made = attempt.invoice ?? (await invoices.draftInvoice(stripe, order));
    const [[kept]] = await db.system('billing.top-ups', KEPT, [store.keepInvoice(attempt, made)]);
    if (kept === undefined) return;
    const { invoice } = kept;
    const paid = await holdCustomer(parts, attempt.account_id, async (held) => {
      // Under the lease: a withdrawal that was answered comes before, and nothing is charged after it.
      const [[still]] = await db.system('billing.top-ups', [store.isStillAgreed(attempt)]);
      const { client } = held.stripe;
      if (still === undefined) return invoices.closeInvoice(client, invoice);
      const opened = await invoices.openInvoice(held.stripe, invoice, order);
      return opened.state === 'open' ? invoices.payInvoice(client, opened.id, attempt) : opened;
    });
    await close(parts, attempt, paid);
  } catch (error) {
    if (refusalOf(error) === undefined) throw error;
    parts.log.error({ topUp: attempt.id, err: error }, 'the payment provider refused a top-up');
    const failure = refusalOf(error) ?? 'refused';
    await close(parts, attempt, { id: attempt.invoice ?? '', state: 'open', url: null, failure });
  }
}

function orderOf({ catalogues }: BuyParts, attempt: store.AttemptRow): invoices.ItemOrder {
  const { id, product, add_on: addOn, quantity, unit_amount: amount, currency, customer } = attempt;
  const catalogue = catalogues.get(product);
  const name = `${catalogue?.name ?? product} ${catalogue?.addOns[addOn]?.name ?? addOn}`;
  return { id, product, addOn, quantity, name, amount, currency, customer };
}

/** Its account was told when it was not paid; and is told anew if the provider refuses to close its page. */
async function closeOverdue(parts: BuyParts, attempt: store.AttemptRow): Promise<void> {
  const { db, log } = parts;
  try {
    await closeOne(parts, attempt);
  } catch (error) {
    if (!isItsOwn(error)) throw error;
    log.error({ topUp: attempt.id, err: error }, 'the payment provider refused to close a top-up');
    await db.system('billing.top-ups', CLOSED, async (tx) => {
      const [left] = await tx.run(store.leaveUnclosed(attempt));
      if (left !== undefined) await stopIn(parts, tx, { ...attempt, reason: 'not_closed', url: left.url });
    });
    wake(parts);
  }
}

async function closeOne(parts: BuyParts, attempt: store.AttemptRow): Promise<'paid' | 'void'> {
  const { db, stripe } = parts;
  const closed =
    attempt.invoice === null ? invoices.VOID : await invoices.closeInvoice(stripe.client, attempt.invoice);
  if (closed.state === 'paid') await close(parts, attempt, closed);
  else await db.system('billing.top-ups', CLOSED, [store.voidAttempt(attempt)]);
  return closed.state === 'paid' ? 'paid' : 'void';
}

/** Whether the provider refused for a reason of the invoice, rather than of the operator's key. */
function isItsOwn(error: unknown): boolean {
  const code = refusalOf(error);
  return code !== undefined && code !== 'key_refused';
}

/** Closes invoices that were not closed, before another one is made. Whether one was paid meanwhile: then the need may be over. */
async function wasPaidLate(parts: BuyParts, row: store.TopUpRow): Promise<boolean> {
  const [left] = await parts.db.system('billing.top-ups', [store.unclosedAttempts(row)]);
  let isPaid = false;
  for (const one of left) {
    try {
      if ((await closeOne(parts, one)) === 'paid') isPaid = true;
    } catch (error) {
      // Its account was told, and has agreed anew since.
      if (!isItsOwn(error)) throw error;
    }
  }
  return isPaid;
}

/** Writes down how an invoice stands. One that is paid ends its attempt once what it bought is booked here. */
async function close(
  parts: BuyParts,
  attempt: store.AttemptRow,
  { id, state, url, failure }: invoices.ItemInvoice,
): Promise<void> {
  const { db, stripe, inbox } = parts;
  const { mode } = stripe.client;
  if (state === 'paid') {
    await inbox.refresh({ provider: 'stripe', mode }, [{ kind: 'invoice', id }]);
    await db.system('billing.top-ups', CLOSED, [store.endPaidAttempts(mode)]);
    return;
  }
  await db.system('billing.top-ups', CLOSED, async (tx) => {
    const [over] = await tx.run(
      state === 'open' ? store.leaveUnpaid(attempt, url, failure ?? null) : store.voidAttempt(attempt),
    );
    if (over !== undefined) await stopIn(parts, tx, { ...attempt, reason: 'payment_failed', url });
  });
  wake(parts);
}

/** Nothing more is bought until the cause is gone, and the account is told so; if it was withdrawn, of a page alone that can still be paid. */
async function stopIn(
  parts: BuyParts,
  tx: Transaction,
  stopped: Omit<Stopped, 'monthly_cap'>,
): Promise<void> {
  const [row] = await tx.run(store.stopTopUp(stopped, stopped.reason));
  if (row !== undefined || stopped.reason === 'not_closed')
    await tellStoppedIn(parts, tx, { ...stopped, monthly_cap: row?.monthly_cap ?? 0 });
}

function wake({ mail, webhooks }: BuyParts): void {
  mail.wake();
  webhooks.wake();
}
