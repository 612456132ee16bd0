import type { AuditEvent } from '#platform/audit';
import type { SubscriptionFacts } from '../facts.ts';
import type { Applied } from './folding.ts';
import type { Before } from './projecting.ts';

/** What an account's history says of an object that was applied, where it differs from before. */
export function auditEventsOf(
  { store, accountId, facts }: Applied,
  before: ReadonlyMap<string, Before>,
): AuditEvent[] {
  const by = { actor: { kind: 'store' as const, name: store }, accountId };
  const { subscription, payment } = facts;
  const taken = [
    ...(payment?.refunds ?? []).map((of) => ({ ...of, action: 'payment.refunded', kind: 'refund' })),
    ...(payment?.disputes ?? []).map((of) => ({ ...of, action: 'payment.disputed', kind: 'dispute' })),
  ].filter(({ id, state }) => before.get(id)?.state !== state);
  return [
    ...(subscription === undefined ? [] : subscriptionEvents(subscription, before.get(subscription.id))).map(
      (event) => ({
        ...by,
        ...event,
      }),
    ),
    ...taken.map(({ action, kind, id, state, charge, amount, currency }) => ({
      ...by,
      action,
      target: { kind, id },
      changes: { state, charge, amount, currency },
    })),
  ];
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
