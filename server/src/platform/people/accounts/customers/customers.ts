import { type Audit, type AuditEvent, actorOf } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import { type Caller, type Origin, type Page, page, type Role } from '#platform/http';
import { commitUnless } from '#platform/imports';
import { type AccountId, AppError, type Ids, type Random, type UserId } from '#platform/kernel';
import type { NewEvent, Webhooks } from '#platform/webhooks';
import { explainingRefusal, type MemberCapacity } from '../members/capacity.ts';
import type { Roles } from '../members/roles.ts';
import { refuseUnknownZone } from '../settings.ts';
import { type Claims, createClaims } from './claims.ts';
import {
  archiveCustomer,
  closeCustomer,
  customerByExternalId,
  customerMember,
  type CustomerMemberRow,
  customerMembers,
  type CustomerRow,
  listCustomers,
  putCustomers,
  putMember,
  type PutOutcome,
  removeMember,
  searchCustomers,
} from './customer-store.ts';

const PUT = commitPoint('accounts.customers-put', 'customers of the operator’s backend, made or changed');
const ARCHIVED = commitPoint('accounts.customer-archived', 'a customer archived');
const CLOSED = commitPoint('accounts.customer-closed', 'a customer closed, whose data will be erased');
const MEMBER = commitPoint('accounts.customer-member', 'a member of a customer, made, changed or removed');

/** A list goes on with all ids behind the one that stands before them: they are below this. */
const BEFORE_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Fields of a customer: those that are left out stay as they are, null empties one. */
export interface CustomerFields {
  readonly kind?: 'personal' | 'organization' | undefined;
  readonly name?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly time_zone?: string | null | undefined;
  readonly locale?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
  readonly restore?: boolean | undefined;
}

export interface CustomerView extends Omit<CustomerRow, 'created_at' | 'updated_at'> {
  readonly created_at: string;
  readonly updated_at: string;
}

export interface CustomerMemberView extends Omit<CustomerMemberRow, 'full_name' | 'created_at'> {
  readonly name: string | null;
  readonly created_at: string;
}

export interface MemberFields {
  readonly role: Role;
  readonly name?: string | null | undefined;
  readonly email?: string | null | undefined;
}

/** The operator's backend that calls. */
export interface BackendCall {
  readonly caller: Caller;
  readonly origin: Origin;
}

/** The outcome for one customer of a batch. */
export interface PutResult {
  readonly external_id: string;
  readonly account_id: AccountId;
  readonly outcome: PutOutcome;
}

/** Accounts that the operator's backend names by ids of its own (docs/customers.md). */
export interface ExternalCustomers {
  /** Makes it once, or changes it; an archived one is open again. Throws `customer_kind_fixed` and `customer_closing`. */
  put(
    by: BackendCall,
    externalId: string,
    fields: CustomerFields,
  ): Promise<{ readonly isNew: boolean; readonly customer: CustomerView }>;
  /** The same of many in one commit, in the order given; no id may come twice. `trying`: it is undone again. */
  putAll(
    by: BackendCall,
    customers: readonly (CustomerFields & { readonly external_id: string })[],
    options?: { readonly trying: boolean },
  ): Promise<readonly PutResult[]>;
  /** Throws `customer_unknown`. */
  get(externalId: string): Promise<CustomerView>;
  list(query: {
    readonly q: string | undefined;
    readonly after: string | undefined;
    readonly limit: number;
  }): Promise<Page<CustomerView>>;
  /** Has calls for it refused until a PUT opens it again; its rows are kept. */
  archive(by: BackendCall, externalId: string): Promise<CustomerView>;
  /** Closes it for its erasure. Answers until when that can be undone. */
  close(by: BackendCall, externalId: string): Promise<Date>;
  readonly members: {
    list(
      externalId: string,
      query: { readonly after: string | undefined; readonly limit: number },
    ): Promise<Page<CustomerMemberView>>;
    /** Throws `wrong_account_kind` for a personal customer, and `limit_exceeded` without a free seat. */
    put(
      by: BackendCall,
      of: MemberName,
      fields: MemberFields,
    ): Promise<{ readonly isNew: boolean; readonly member: CustomerMemberView }>;
    remove(by: BackendCall, of: MemberName): Promise<void>;
  };
  readonly claims: Claims;
}

interface MemberName {
  readonly externalId: string;
  readonly externalUserId: string;
}

interface ExternalCustomersParts {
  readonly db: Database;
  readonly audit: Audit;
  readonly ids: Ids;
  readonly random: Random;
  readonly invitationLink: (token: string) => string;
  readonly roles: Roles;
  readonly capacity: MemberCapacity;
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
}

export function createExternalCustomers(parts: ExternalCustomersParts): ExternalCustomers {
  const { db, webhooks } = parts;

  const transaction = <T>(work: (tx: Transaction) => Promise<T>) =>
    db.system('accounts.customers', PUT, work);

  const putAll: ExternalCustomers['putAll'] = async (by, customers, { trying } = { trying: false }) => {
    const rows = customers.map((fields) => ({
      ...fields,
      account_id: parts.ids.next(),
      owner_id: parts.ids.next(),
    }));
    const results = await commitUnless<PutResult[]>(trying, transaction, async (tx) => {
      const put = await tx.run(putCustomers(rows)).catch(refuseUnknownZone);
      const byId = new Map(put.map((one) => [one.external_id, one]));
      const ordered = rows.flatMap(({ external_id: id }) => byId.get(id) ?? []);
      const events = ordered.flatMap((one, index) => eventOf(by, one, customers[index] ?? {}));
      await parts.audit.recordAllIn(tx, events);
      const told = ordered.flatMap((one, index) => toldOf(one, customers[index] ?? {}));
      await tx.runAll(told.flatMap(webhooks.emitting));
      return ordered;
    });
    const written = trying ? [] : results.filter(({ outcome }) => WRITTEN.has(outcome));
    tellChanged(parts, written);
    return results;
  };

  async function find(externalId: string): Promise<CustomerRow> {
    const [[row]] = await db.system('accounts.customers', [customerByExternalId(externalId)]);
    if (row === undefined) throw new AppError('customer_unknown');
    return row;
  }

  /** The account of one that may have members. */
  async function organization(externalId: string): Promise<AccountId> {
    const row = await find(externalId);
    if (row.kind !== 'organization')
      throw new AppError('wrong_account_kind', { details: { needed: 'organization' } });
    if (row.status === 'closing') throw new AppError('customer_closing');
    if (row.status === 'archived') throw new AppError('customer_archived');
    return row.account_id;
  }

  return {
    putAll,
    async put(by, externalId, fields) {
      const [result] = await putAll(by, [{ ...fields, external_id: externalId }]);
      if (result === undefined) throw new Error('the database did not say what became of a customer');
      const refused = putRefusal(result.outcome);
      if (refused !== undefined) throw refused;
      return { isNew: result.outcome === 'created', customer: viewOf(await find(externalId)) };
    },
    get: async (externalId) => viewOf(await find(externalId)),
    async list({ q, after, limit }) {
      const found = q === undefined ? listCustomers(after, limit + 1) : searchCustomers(q, after, limit + 1);
      const [rows] = await db.system('accounts.customers', [found]);
      // The one of exactly that id stands before all others.
      const position = (row: CustomerRow) => [row.external_id === q ? BEFORE_ALL : row.account_id];
      return page(rows, limit, { item: viewOf, position });
    },
    async archive({ caller, origin }, externalId) {
      const row = await find(externalId);
      const { account_id: accountId } = row;
      await db.system('accounts.customers', ARCHIVED, async (tx) => {
        if ((await tx.run(archiveCustomer(accountId))).length === 0) return;
        const target = { kind: 'account', id: accountId };
        const actor = actorOf(caller);
        await parts.audit.recordIn(tx, { action: 'customer.archived', actor, accountId, target, origin });
        const data = { external_id: externalId };
        await tx.runAll(webhooks.emitting({ type: 'customer.archived', accountId, data }));
      });
      tellChanged(parts, [{ account_id: accountId, external_id: externalId }]);
      return viewOf(await find(externalId));
    },
    async close({ caller, origin }, externalId) {
      const { account_id: accountId } = await find(externalId);
      const [closed] = await db.system('accounts.customers', CLOSED, async (tx) => {
        const target = { kind: 'account', id: accountId };
        const actor = actorOf(caller);
        await parts.audit.recordIn(tx, { action: 'account.closed', actor, accountId, target, origin });
        return tx.run(closeCustomer(accountId));
      });
      tellChanged(parts, [{ account_id: accountId, external_id: externalId }]);
      if (closed === undefined) throw new AppError('customer_unknown');
      return closed.restorable_until;
    },
    members: createCustomerMembers(parts, organization),
    claims: createClaims(parts, organization),
  };
}

function createCustomerMembers(
  parts: ExternalCustomersParts,
  organization: (externalId: string) => Promise<AccountId>,
): ExternalCustomers['members'] {
  const { db, audit, capacity } = parts;

  return {
    async list(externalId, { after, limit }) {
      const accountId = await organization(externalId);
      const [rows] = await db.system('accounts.customers', [customerMembers(accountId, after, limit + 1)]);
      return page(rows, limit, { item: memberView, position: ({ external_user_id }) => [external_user_id] });
    },
    async put({ caller, origin }, { externalId, externalUserId }, fields) {
      const accountId = await organization(externalId);
      const put = await explainingRefusal(capacity, () =>
        db.tenant(accountId, MEMBER, async (tx) => {
          const [made] = await tx.run(putMember(externalUserId, parts.ids.next<UserId>(), fields));
          if (made === undefined) throw new Error('the database did not say what became of a member');
          if (made.outcome === 'created') await tx.runAll(capacity.check(0));
          if (made.outcome !== 'unchanged') {
            const action = made.outcome === 'created' ? 'member.joined' : 'member.changed';
            const target = { kind: 'user', id: made.user_id };
            const changes = { role: { before: made.role_before, after: fields.role } };
            await audit.recordIn(tx, { action, actor: actorOf(caller), accountId, target, changes, origin });
          }
          return made;
        }),
      );
      parts.roles.changed(accountId);
      const [[row]] = await db.system('accounts.customers', [customerMember(accountId, externalUserId)]);
      if (row === undefined) throw new AppError('not_found');
      return { isNew: put.outcome === 'created', member: memberView(row) };
    },
    async remove({ caller, origin }, { externalId, externalUserId }) {
      const accountId = await organization(externalId);
      await db.tenant(accountId, MEMBER, async (tx) => {
        const [{ user_id: userId } = { user_id: null }] = await tx.run(removeMember(externalUserId));
        if (userId === null) throw new AppError('not_found', { message: 'There is no such member.' });
        const target = { kind: 'user', id: userId };
        const action = 'member.removed';
        await audit.recordIn(tx, { action, actor: actorOf(caller), accountId, target, origin });
      });
      parts.roles.changed(accountId);
    },
  };
}

/** The account and the external id have a signal each: calls name either. Their events are ready to be sent. */
function tellChanged(
  { roles, webhooks }: Pick<ExternalCustomersParts, 'roles' | 'webhooks'>,
  changed: readonly Pick<CustomerRow, 'account_id' | 'external_id'>[],
): void {
  for (const { account_id: accountId, external_id: externalId } of changed) {
    roles.changed(accountId);
    roles.changed(externalId);
  }
  if (changed.length > 0) webhooks.wake();
}

/** The error for a customer that could not be put; undefined: it was. */
export function putRefusal(outcome: PutOutcome): AppError | undefined {
  if (outcome === 'other_kind') return new AppError('customer_kind_fixed');
  return outcome === 'closing' ? new AppError('customer_closing') : undefined;
}

const WRITTEN: ReadonlySet<PutOutcome> = new Set(['created', 'restored', 'reopened', 'changed']);

/** Field names alone: what they say is the customer's own. */
function eventOf({ caller, origin }: BackendCall, result: PutResult, fields: CustomerFields): AuditEvent[] {
  const { account_id: accountId, outcome } = result;
  if (!WRITTEN.has(outcome)) return [];
  const { external_id: _, ...given } = fields as CustomerFields & { readonly external_id?: string };
  const target = { kind: 'account', id: accountId };
  const changes = { fields: Object.keys(given) };
  // As that of a closed organization: a restored database repeats it.
  const action = outcome === 'restored' ? 'account.restored' : `customer.${outcome}`;
  return [{ action, actor: actorOf(caller), accountId, target, changes, origin }];
}

/** The event that the operator's endpoints are told. */
function toldOf(
  { external_id, account_id: accountId, outcome }: PutResult,
  fields: CustomerFields,
): NewEvent[] {
  if (!WRITTEN.has(outcome)) return [];
  if (outcome === 'created') return [{ type: 'customer.created', accountId, data: { external_id } }];
  const changed = Object.keys(fields).filter((name) => name !== 'external_id' && name !== 'restore');
  if (outcome !== 'changed') changed.push('status');
  return [{ type: 'customer.updated', accountId, data: { external_id, changed } }];
}

function viewOf({ created_at, updated_at, ...row }: CustomerRow): CustomerView {
  return { ...row, created_at: created_at.toISOString(), updated_at: updated_at.toISOString() };
}

function memberView({ full_name: name, created_at, ...row }: CustomerMemberRow): CustomerMemberView {
  return { ...row, name, created_at: created_at.toISOString() };
}
