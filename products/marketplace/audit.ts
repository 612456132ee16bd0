import {
  type AccountId,
  actorOf,
  type Caller,
  type Origin,
  type ProductContext,
  type Transaction,
} from 'plinth/product';

/** Actions that the marketplace writes into the audit of a developer's account. */
export const marketplaceAuditActions = {
  'adiuva.developer_key.added': 'a key that packages are signed with was registered',
  'adiuva.developer_key.revoked': 'a key signs packages no more',
  'adiuva.plugin.submitted': 'a version of a plugin was submitted',
  'adiuva.plugin.version_withdrawn': 'a version was withdrawn before it was reviewed',
  'adiuva.plugin.withdrawn': 'a plugin was withdrawn from the catalogue by its developer',
  'adiuva.plugin.approved': 'an operator approved a version, which is published and signed',
  'adiuva.plugin.rejected': 'an operator rejected a version',
  'adiuva.plugin.removed': 'an operator removed a plugin: it is revoked wherever it is installed',
} as const;

/** A person at work: a developer, or an operator. */
export interface Actor {
  readonly caller: Caller;
  readonly origin: Origin;
}

interface Change {
  readonly action: keyof typeof marketplaceAuditActions;
  /** The account of the developer; null: it is gone. */
  readonly accountId: AccountId | null;
  readonly id: string;
  readonly changes?: Readonly<Record<string, unknown>>;
}

export const recordingIn =
  ({ audit }: Pick<ProductContext, 'audit'>) =>
  (tx: Transaction, { caller, origin }: Actor, { action, accountId, id, changes = {} }: Change) =>
    audit.recordIn(tx, {
      action,
      actor: actorOf(caller),
      accountId: accountId ?? undefined,
      target: { kind: action.split('.')[1] ?? '', id },
      changes,
      origin,
    });
