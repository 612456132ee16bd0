import type { AccountId, Actor, AuditEvent, RequestOrigin } from 'plinth/product';
import type { SessionName } from './tokens.ts';

interface Release {
  readonly accountId: AccountId;
  readonly licenseId: string;
  readonly session: string;
  readonly machine: string;
  readonly actor: Actor;
  readonly origin: RequestOrigin;
  /** A manager of the account ended it. */
  readonly isForced: boolean;
}

/** The audit's event of a seat that was given back, or that a manager ended. */
export function releaseEvent({
  accountId,
  licenseId,
  session,
  machine,
  actor,
  origin,
  isForced,
}: Release): AuditEvent {
  return {
    action: 'coditect.license.released',
    actor,
    accountId,
    target: { kind: 'license', id: licenseId },
    changes: { session, machine, ...(isForced ? { forced: true } : {}) },
    origin,
  };
}

/** The audit's event of a seat that ended because an older token of its session came back. */
export function copiedEvent(session: SessionName, origin: RequestOrigin): AuditEvent {
  const { accountId, licenseId, id, machineId } = session;
  return {
    action: 'coditect.license.copied',
    actor: { kind: 'system' },
    accountId,
    target: { kind: 'license', id: licenseId },
    changes: { session: id, machine: machineId },
    origin,
  };
}
