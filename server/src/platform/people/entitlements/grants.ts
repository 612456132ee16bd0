import type { Actor, Audit, RequestOrigin } from '#platform/audit';
import type { Transaction } from '#platform/db';
import { type AccountId, AppError, type Ids, hasCode } from '#platform/kernel';
import { type Allowance, allowIn } from './allowances.ts';
import { type Catalogue, type Grants, isPack } from './catalogue.ts';
import { overrideProblems } from './check.ts';
import type { Rewriter } from './snapshots.ts';
import { type ProviderGrants, providerGrantsIn } from './provider-grants.ts';
import {
  endGrant,
  type Grant,
  grantById,
  grantOf,
  grantsByExternalId,
  insertGrant,
  kindOf,
  lockAccounts,
  overrideGrant,
  presentTime,
} from './store.ts';
import { termsIn } from './terms.ts';
import type { GrantSource } from './timeline.ts';

/** A grant to be given. Exactly one of `plan` and `addOn`, by their names within the product. */
export interface NewGrant {
  readonly accountId: AccountId;
  readonly product: string;
  readonly plan?: string | undefined;
  readonly addOn?: string | undefined;
  readonly source: GrantSource;
  /** How many of a plan that is sold by the piece; 1 when not said. */
  readonly quantity?: number | undefined;
  /** The reason in a few words, for readers of the account's history. */
  readonly cause: string;
  /** As the system that it is imported from calls it; once for an account. */
  readonly externalId?: string | undefined;
  /** The database's present time when not said. */
  readonly startsAt?: Date | undefined;
  /** An exact end. Without it a plan has none, and an add-on lasts as many days as it is sold for, stacked. */
  readonly until?: Date | undefined;
  /** Sizes and options of the plan that this account has by agreement. */
  readonly overrides?: Grants | null | undefined;
  readonly by: Actor;
  readonly origin?: RequestOrigin | undefined;
}

/** An account has these in place of what the plan of a grant has; null: nothing. */
export interface Agreement {
  readonly grantId: string;
  readonly overrides: Grants | null;
  readonly by: Actor;
  readonly origin?: RequestOrigin | undefined;
}

export interface Revocation {
  readonly grantId: string;
  readonly by: Actor;
  readonly origin?: RequestOrigin | undefined;
}

/** A gift follows the plan as it is now, and a purchase keeps its terms. */
const FOLLOWING: ReadonlySet<GrantSource> = new Set(['admin', 'owner']);

interface Parts {
  readonly ids: Ids;
  readonly rewriter: Rewriter;
  readonly catalogues: ReadonlyMap<string, Catalogue>;
  readonly audit: Audit;
}

export interface GrantWriter {
  grantIn(tx: Transaction, wanted: NewGrant): Promise<Grant>;
  revokeIn(tx: Transaction, revocation: Revocation): Promise<Grant | undefined>;
  overrideIn(tx: Transaction, agreement: Agreement): Promise<Grant | undefined>;
  /** Throws `validation_failed` for sizes that a plan could not be sold with. */
  assertAgreeable(catalogue: Catalogue | undefined, plan: string | null, overrides: Grants | null): void;
  /** Puts all that a payment provider grants an account in the place of what it granted before; answers whether a timeline changed. */
  providerGrantsIn(tx: Transaction, wanted: ProviderGrants): Promise<boolean>;
  /** Writes down how far an account lets a limit be passed. */
  allowIn(tx: Transaction, allowance: Allowance): Promise<void>;
  /** The grant of one of these accounts under a name of another system; the accounts' grants are locked until `tx` ends. */
  importedIn(
    tx: Transaction,
    accountIds: readonly AccountId[],
    externalId: string,
  ): Promise<Grant | undefined>;
}

/** The ways in which an account's grants change. Grant, snapshot and audit event are one commit; the caller who asked a payment provider for a change audits it. */
export function createGrantWriter(parts: Parts): GrantWriter {
  return {
    grantIn: (tx, wanted) => grantIn(parts, tx, wanted),
    revokeIn: (tx, revocation) => revokeIn(parts, tx, revocation),
    overrideIn: (tx, agreement) => overrideIn(parts, tx, agreement),
    assertAgreeable,
    providerGrantsIn: (tx, wanted) => providerGrantsIn(parts, tx, wanted),
    allowIn: (tx, allowance) => allowIn(parts, tx, allowance),
    async importedIn(tx, accountIds, externalId) {
      const [, [found]] = await tx.runAll([
        lockAccounts(accountIds),
        grantsByExternalId(accountIds, externalId),
      ]);
      return found === undefined ? undefined : grantOf(found);
    },
  };
}

async function grantIn(parts: Parts, tx: Transaction, wanted: NewGrant): Promise<Grant> {
  const { accountId, product, source, cause, by, origin } = wanted;
  const catalogue = parts.catalogues.get(product);
  const names = checkedNames(catalogue, wanted);
  const now = await lockedAt(tx, accountId);
  await assertKind(tx, accountId, catalogue?.holds);
  const startsAt = wanted.startsAt ?? now;
  if (wanted.until !== undefined && wanted.until <= startsAt) {
    throw invalid('until', 'The grant would be over before it begins.');
  }
  const lasts = {
    startsAt,
    endsAt: wanted.until ?? null,
    days: wanted.until === undefined ? names.days : null,
  };
  const made = {
    source,
    quantity: wanted.quantity ?? 1,
    cause,
    externalId: wanted.externalId ?? null,
    createdBy: personOf(by),
    requestId: origin?.requestId ?? null,
    terms:
      catalogue !== undefined && names.plan !== null && !FOLLOWING.has(source)
        ? termsIn(catalogue, names.plan)
        : null,
    overrides: wanted.overrides ?? null,
  };
  const row = { id: parts.ids.next(), accountId, product, ...names, ...lasts, ...made };
  const [inserted] = await tx.run(insertGrant(row)).catch(refuseUnknownAccount);
  if (inserted === undefined) throw new Error('a grant was not stored');
  const grant = grantOf(inserted);
  await recordIn(parts, tx, { grant, cause: 'granted', by, origin });
  return grant;
}

async function revokeIn(parts: Parts, tx: Transaction, revocation: Revocation): Promise<Grant | undefined> {
  const { grantId, by, origin } = revocation;
  const [found] = await tx.run(grantById(grantId));
  if (found === undefined) return undefined;
  const before = grantOf(found);
  const at = await lockedAt(tx, before.accountId);
  const [ended] = await tx.run(endGrant(before, { at, by: personOf(by) }));
  // Another call was quicker: what it wrote is the answer, and nothing changes again.
  if (ended === undefined) return grantOf((await tx.run(grantById(grantId)))[0] ?? found);
  const grant = grantOf(ended);
  await recordIn(parts, tx, { grant, cause: 'revoked', by, origin });
  return grant;
}

async function overrideIn(parts: Parts, tx: Transaction, agreement: Agreement): Promise<Grant | undefined> {
  const { grantId, overrides, by, origin } = agreement;
  const [found] = await tx.run(grantById(grantId));
  if (found === undefined) return undefined;
  await lockedAt(tx, found.account_id);
  // A purchase may have become one of another plan meanwhile.
  const [present = found] = await tx.run(grantById(grantId));
  const before = grantOf(present);
  assertAgreeable(parts.catalogues.get(before.product), before.plan, overrides);
  const [changed] = await tx.run(overrideGrant(before, overrides));
  if (changed === undefined) throw new AppError('grant_over');
  const grant = grantOf(changed);
  await recordIn(parts, tx, { grant, cause: 'overridden', by, origin });
  return grant;
}

/** Locks the account's grants, and answers the database's time after the wait. */
async function lockedAt(tx: Transaction, accountId: AccountId): Promise<Date> {
  const [, [time]] = await tx.runAll([lockAccounts([accountId]), presentTime()]);
  if (time === undefined) throw new Error('the database did not say what time it is');
  return time.now;
}

const ACTIONS = { granted: 'grant.created', overridden: 'grant.changed', revoked: 'grant.revoked' } as const;

interface GrantChange {
  readonly grant: Grant;
  readonly cause: keyof typeof ACTIONS;
  readonly by: Actor;
  readonly origin: RequestOrigin | undefined;
}

async function recordIn({ rewriter, audit }: Parts, tx: Transaction, change: GrantChange): Promise<void> {
  const { grant, cause, by, origin } = change;
  const { accountId, product, plan, addOn, source, startsAt, endsAt, days } = grant;
  const of = { grantId: grant.id, requestId: origin?.requestId ?? null };
  const snapshot = { product, cause: cause === 'revoked' ? cause : 'granted', ...of } as const;
  await rewriter.rewriteIn(tx, [accountId], snapshot);
  await audit.recordIn(tx, {
    action: ACTIONS[cause],
    actor: by,
    accountId,
    target: { kind: 'grant', id: grant.id },
    changes: {
      product,
      plan,
      add_on: addOn,
      source,
      starts_at: startsAt,
      ends_at: endsAt,
      days,
      ...(grant.overrides === null && cause !== 'overridden' ? {} : { overrides: grant.overrides }),
    },
    origin,
  });
}

/** A plan for organizations is not given to a person's own account, nor the other way round. */
async function assertKind(tx: Transaction, accountId: AccountId, holds: Catalogue['holds'] = 'both') {
  if (holds === 'both') return;
  const [account] = await tx.run(kindOf(accountId));
  if (account !== undefined && account.kind !== holds) {
    throw new AppError('wrong_account_kind', { details: { needed: holds } });
  }
}

function personOf(actor: Actor) {
  return 'userId' in actor ? actor.userId : null;
}

/** The names are checked here and not by the database: plans live in code. */
function checkedNames(
  catalogue: Catalogue | undefined,
  { plan, addOn, quantity = 1, overrides = null }: NewGrant,
) {
  if (catalogue === undefined) throw invalid('product', 'There is no such product.');
  const { product, plans, addOns } = catalogue;
  if (plan !== undefined && addOn === undefined) {
    if (!Object.hasOwn(plans, plan)) throw invalid('plan', `There is no such plan in ${product}.`, plans);
    if (quantity > 1 && plans[plan]?.perSeat === undefined)
      throw invalid('quantity', 'This plan is not sold by the seat.');
    assertAgreeable(catalogue, plan, overrides);
    return { plan, addOn: null, days: null };
  }
  if (plan !== undefined || addOn === undefined) {
    throw invalid('plan', 'A grant is of a plan or of an add-on: name one of the two.');
  }
  assertAgreeable(catalogue, null, overrides);
  const sold = Object.hasOwn(addOns, addOn) ? addOns[addOn] : undefined;
  if (sold === undefined) throw invalid('add_on', `There is no such add-on in ${product}.`, addOns);
  if (isPack(sold))
    throw invalid('add_on', `${addOn} is a pack of credits: give credits of ${sold.limit} instead.`);
  return { plan: null, addOn, days: sold.days };
}

/** An account may have other sizes than its plan where a plan with these could be sold. */
function assertAgreeable(catalogue: Catalogue | undefined, plan: string | null, overrides: Grants | null) {
  if (overrides === null) return;
  if (plan === null)
    throw invalid('overrides', 'An add-on has no sizes of its own: agree on those of a plan.');
  if (catalogue === undefined) throw invalid('overrides', 'The product of this grant is not known any more.');
  const [problem] = overrideProblems(catalogue, plan, overrides);
  if (problem === undefined) return;
  const { [plan]: { grants = {} } = {} } = catalogue.plans;
  throw invalid('overrides', `${problem.replace(/^plan \w+: /, '')}.`, grants);
}

function invalid(field: string, message: string, known?: Readonly<Record<string, unknown>>): AppError {
  const names = known === undefined ? {} : { known: Object.keys(known) };
  return new AppError('validation_failed', {
    message,
    details: { issues: [{ path: `body.${field}`, message, ...names }] },
  });
}

function refuseUnknownAccount(error: unknown): never {
  throw hasCode(error, '23503')
    ? new AppError('not_found', { message: 'There is no such account.', cause: error })
    : error;
}
