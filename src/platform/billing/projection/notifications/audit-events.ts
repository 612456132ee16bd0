import type { AuditEvent } from '#platform/audit';
import type { Facts, SubscriptionFacts } from '../../facts.ts';
import { type Books, paymentsOf } from '../billing-records.ts';
import type { Applied } from '../applied-object.ts';
import type { Before } from '../write-rows.ts';

/** What an account's history says of an object that was applied, where it differs from before. */
export function auditEventsOf(
  { store, accountId, facts }: Applied,
  before: ReadonlyMap<string, Before>,
  books: Books,
): AuditEvent[] {
  const by = { actor: { kind: 'store' as const, name: store }, accountId };
  const { subscription } = facts;
  const charges = chargesOf(facts, before, books);
  const taken = [
    ...books.refunds.map((of) => ({ ...of, action: 'payment.refunded', kind: 'refund' })),
    ...books.disputes.map((of) => ({ ...of, action: 'payment.disputed', kind: 'dispute' })),
  ].filter(({ charge, store_id: id, state }) => charges.has(charge) && before.get(id)?.state !== state);
  return [
    ...(subscription === undefined ? [] : subscriptionEvents(subscription, before.get(subscription.id))).map(
      (event) => ({
        ...by,
        ...event,
      }),
    ),
    ...taken.map(({ action, kind, store_id: id, state, charge, amount, currency }) => ({
      ...by,
      action,
      target: { kind, id },
      changes: { state, charge, amount, currency },
    })),
  ];
}

/** The charges that are told of: none of an invoice that is not ours; one that comes after its payment brings all of them. */
function chargesOf(
  { payment, invoice }: Facts,
  before: ReadonlyMap<string, Before>,
  books: Books,
): ReadonlySet<string> {
  if (payment !== undefined) {
    const isOurs = books.invoices.some(({ store_id }) => store_id === payment.invoice);
    return new Set(isOurs ? payment.charges.map(({ id }) => id) : []);
  }
  const isNew = invoice !== undefined && !before.has(invoice.id);
  const added = books.invoices.filter(({ store_id }) => isNew && store_id === invoice.id);
  return new Set(paymentsOf(books, added).map(({ store_id }) => store_id));
}

function subscriptionEvents(
  { id, product, plan, cycle, quantity, state, cancelsAt }: SubscriptionFacts,
  before: Before | undefined,
): Pick<AuditEvent, 'action' | 'target' | 'changes'>[] {
  const after = { state, product, plan, cycle, quantity, cancels_at: cancelsAt?.toISOString() ?? null };
  const target = { kind: 'subscription', id };
  if (before === undefined) return [{ action: 'subscription.created', target, changes: after }];
  const former: Readonly<Record<string, unknown>> = {
    ...before,
    cancels_at: before.cancels_at?.toISOString() ?? null,
  };
  const changes = Object.fromEntries(Object.entries(after).filter(([name, value]) => former[name] !== value));
  return Object.keys(changes).length === 0 ? [] : [{ action: 'subscription.changed', target, changes }];
}
