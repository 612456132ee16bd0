import type {
  AccountId,
  Actor,
  Audit,
  ProductContext,
  RequestOrigin,
  Statement,
  Transaction,
} from 'plinth/product';
import type { HeadRow } from '../licenses/store.ts';
import { endSessionsBySeats, seatsOf } from '../seats.ts';
import { revokeFiles, type StoredLicense, writeLicense } from './store.ts';

/** Events of a licence. */
export type LifecycleEvent =
  | 'issued'
  | 'renewed'
  | 'tier_changed'
  | 'suspended'
  | 'reinstated'
  | 'deactivated'
  | 'revived';

/** The actor who had a licence changed by hand, and why. */
export interface ByHand {
  readonly actor: Actor;
  readonly origin: RequestOrigin;
  readonly note?: string | undefined;
}

/** How a licence stood, and how it stands now. */
export interface Transition {
  readonly former: StoredLicense;
  readonly head: HeadRow;
  /** Undefined: what the account holds changed. */
  readonly by?: ByHand | undefined;
}

/**
 * Events of a licence between two looks at it, told by its two states alone: independent of what came between, and in
 * which order, and not told again by the next look.
 */
export function eventsOf({ former, head }: Pick<Transition, 'former' | 'head'>): LifecycleEvent[] {
  const isChanged = head.status !== former.status;
  const change = isChanged ? [changeOfStatus(former.status, head.status)] : [];
  // A revival is told with a file of its own.
  if (head.status !== 'active' || former.status === 'inactive') return change;
  const isRenewed =
    former.period_end !== null && head.period_end !== null && head.period_end > former.period_end;
  return [
    ...change,
    ...(isChanged || head.tier === former.tier ? [] : (['tier_changed'] as const)),
    ...(isRenewed ? (['renewed'] as const) : []),
  ];
}

function changeOfStatus(former: HeadRow['status'], status: HeadRow['status']): LifecycleEvent {
  if (status === 'suspended') return 'suspended';
  if (status === 'inactive') return 'deactivated';
  return former === 'inactive' ? 'revived' : 'reinstated';
}

/** The row of a licence as it stands now. What its signed file says of it being another raises its version. */
export function licenseAfter({ former, head }: Transition, raises: boolean): StoredLicense {
  const since = lapsedAt(former, head);
  return {
    account_id: former.account_id,
    id: former.id,
    tier: head.tier,
    status: head.status,
    status_reason: head.reason,
    suspended_at: head.status === 'suspended' ? (former.suspended_at ?? since) : null,
    deactivated_at: head.status === 'inactive' ? (former.deactivated_at ?? since) : null,
    period_end: head.status === 'active' ? head.period_end : former.period_end,
    holds_until: head.holds_until,
    version: former.version + (raises ? 1 : 0),
  };
}

/** A plan that ended by time alone was over then, and not when it was first looked at. */
function lapsedAt({ holds_until: until }: StoredLicense, { now }: HeadRow): Date {
  return until !== null && until < now ? until : now;
}

/** Writes down how a licence stands, and tells of what became of it. */
export async function writeTransitionIn(
  { audit, limits }: Pick<ProductContext, 'audit' | 'limits'>,
  tx: Transaction,
  transition: Transition,
): Promise<readonly LifecycleEvent[]> {
  const { former, head, by } = transition;
  const events = eventsOf(transition);
  const over = events.find((event) => event === 'suspended' || event === 'deactivated');
  // A suspended or ended licence ends its sessions: their next heartbeat says so.
  if (over !== undefined)
    await limits.seats.endBySystemIn(tx, seatsOf(former.account_id), { as: 'suspended' });
  const ending: Statement[] =
    over === undefined
      ? []
      : [endSessionsBySeats(former.account_id), revokeFiles(former, head.reason ?? over)];
  await tx.runAll([...ending, writeLicense(licenseAfter(transition, events.length > 0))]);
  for (const event of events) await recordIn(audit, tx, { accountId: former.account_id, head, event, by });
  return events;
}

export interface LifecycleRecord {
  readonly accountId: AccountId;
  readonly head: HeadRow;
  readonly event: LifecycleEvent | 'extended' | 'seats_changed' | 'offline_changed';
  readonly by?: ByHand | undefined;
}

/** Appends what became of a licence to the account's audit. */
export async function recordIn(
  audit: Audit,
  tx: Transaction,
  { accountId, head, event, by }: LifecycleRecord,
): Promise<void> {
  const { id, tier, status, reason, seats, offline_minutes, period_end: end } = head;
  const note = by?.note === undefined ? {} : { note: by.note };
  await audit.recordIn(tx, {
    action: `coditect.license.${event}`,
    actor: by?.actor ?? { kind: 'system' },
    accountId,
    target: { kind: 'license', id },
    changes: {
      tier,
      status,
      reason,
      seats,
      offline_minutes,
      period_end: end?.toISOString() ?? null,
      ...note,
    },
    origin: by?.origin,
  });
}
