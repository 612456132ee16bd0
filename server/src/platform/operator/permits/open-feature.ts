import { actorOf, type Audit } from '#platform/audit';
import type { Transaction } from '#platform/db';
import type { Backend, Entitlements, Feature } from '#platform/entitlements';
import type { Caller, Origin, Spender } from '#platform/http';
import { type AccountId, AppError } from '#platform/kernel';
import './errors.ts';

/** The caller, the account, and in whose name. */
export interface By {
  readonly accountId: AccountId;
  readonly caller: Caller;
  readonly spender: Spender;
  readonly origin: Origin;
}

/** The use of a feature that a caller asks for or reports. */
export interface Use {
  readonly product: string;
  readonly feature: string;
  readonly subject?: string | undefined;
}

/** A platform admin's key is a backend of the operator, which serves any account; every other caller is the account's own. */
export function backendOf(caller: Caller): Backend {
  return caller.platformRole === 'admin' && caller.keyId !== undefined ? 'operator' : 'account';
}

/**
 * The feature that a use is of. Throws `feature_not_open` where there is none, or none that is open to such a backend, and
 * `validation_failed` where a limit counts by subject and none is named.
 */
export function openFeature(
  catalogues: Entitlements['catalogues'],
  { product, feature: name, subject }: Use,
  backend: Backend,
): Feature {
  const catalogue = catalogues.get(product);
  const isKnown = catalogue !== undefined && Object.hasOwn(catalogue.features, name);
  const feature = isKnown ? catalogue.features[name] : undefined;
  if (feature?.outside === undefined || (feature.outside === 'operator' && backend !== 'operator'))
    throw new AppError('feature_not_open');
  if (subject === undefined && feature.consumes.some((limit) => catalogue?.limits[limit]?.by === 'subject'))
    throw invalid('subject', 'A limit of this feature counts by it.');
  return feature;
}

/** Acts of an operator's backend on the account of a customer are written down there, in the same commit. */
export async function recordBehalf(
  audit: Audit,
  tx: Transaction,
  {
    caller,
    accountId,
    origin,
    ...what
  }: Omit<By, 'spender'> & {
    readonly action: string;
    readonly permit?: string;
    readonly changes: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  if (caller.keyId === undefined || accountId === caller.accountId) return;
  await audit.recordIn(tx, {
    action: what.action,
    actor: actorOf(caller),
    accountId,
    ...(what.permit === undefined ? {} : { target: { kind: 'permit', id: what.permit } }),
    changes: what.changes,
    origin,
  });
}

export function invalid(field: string, message: string): AppError {
  return new AppError('validation_failed', { details: { issues: [{ path: `body.${field}`, message }] } });
}
