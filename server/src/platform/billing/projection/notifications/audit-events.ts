import type { AuditEvent } from '#platform/audit';
import type { Facts, SubscriptionFacts } from '../../facts.ts';
import { type BillingRecords, paymentsOf } from '../billing-records.ts';
import type { AppliedObject } from '../applied-object.ts';
import type { FormerRow } from '../write-rows.ts';

/** Events for an account's history, where an applied object differs from before. */
export function auditEventsOf(
  { provider, accountId, facts }: AppliedObject,
  before: ReadonlyMap<string, FormerRow>,
  records: BillingRecords,
): AuditEvent[] {
  const by = { actor: { kind: 'store' as const, name: provider }, accountId };
  const { subscription } = facts;
  const charges = chargesOf(facts, before, records);
  const taken = [
    ...records.refunds.map((of) => ({ ...of, action: 'payment.refunded', kind: 'refund' })),
    ...records.disputes.map((of) => ({ ...of, action: 'payment.disputed', kind: 'dispute' })),
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
  { payment, invoice, sales }: Facts,
  before: ReadonlyMap<string, FormerRow>,
  records: BillingRecords,
): ReadonlySet<string> {
  if (sales !== undefined)
    return new Set(sales.flatMap(({ payment: { charges } }) => charges.map(({ id }) => id)));
  if (payment !== undefined) {
    const isOurs = records.invoices.some(({ store_id }) => store_id === payment.invoice);
    return new Set(isOurs ? payment.charges.map(({ id }) => id) : []);
  }
  const isNew = invoice !== undefined && !before.has(invoice.id);
  const added = records.invoices.filter(({ store_id }) => isNew && store_id === invoice.id);
  return new Set(paymentsOf(records, added).map(({ store_id }) => store_id));
}

function subscriptionEvents(
  { id, product, plan, cycle, quantity, state, cancelsAt }: SubscriptionFacts,
  before: FormerRow | undefined,
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
