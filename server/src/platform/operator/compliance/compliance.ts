import type { Accounts } from '#platform/accounts';
import type { Database } from '#platform/db';
import type { ProofLine, SubjectName } from '#platform/erasure';
import { type Caller, type Origin, type Page, page } from '#platform/http';
import type { Identity } from '#platform/identity';
import { type ComplianceAction, type EntryRow, listEntries, type ReportQuestion } from './store.ts';

/** Something that became of people's data, or of a copy of it. */
export interface ComplianceEntry {
  readonly id: string;
  readonly at: string;
  readonly action: ComplianceAction;
  readonly account_id: string | null;
  /** The actor; null: the server, or a person who is erased. */
  readonly user_id: string | null;
  readonly target: { readonly kind: string; readonly id: string | null } | null;
  /** For an erasure: rows by table, before it and after it. */
  readonly erased: readonly ProofLine[] | null;
}

/** Facts that operators answer for, over all accounts (docs/compliance.md). */
export interface Compliance {
  /** Exports, erasures, releases and changes of settings, the newest first. */
  report(question: ReportQuestion): Promise<Page<ComplianceEntry>>;
  /** Closes a person or an organization, which is erased in 14 days. Answers until when it can be undone. */
  delete(by: { readonly caller: Caller; readonly origin: Origin }, of: SubjectName): Promise<Date>;
}

interface ComplianceParts {
  readonly db: Database;
  readonly identity: { readonly closing: Pick<Identity['closing'], 'closeOther'> };
  readonly accounts: {
    readonly organizations: Pick<Accounts['organizations'], 'closeOther'>;
    readonly customers: Pick<Accounts['customers'], 'close'>;
  };
}

export function createCompliance({ db, identity, accounts }: ComplianceParts): Compliance {
  return {
    delete({ caller, origin }, { user_id: user, customer, account_id: organization = '' }) {
      if (user !== undefined) return identity.closing.closeOther(caller, user, origin);
      if (customer !== undefined) return accounts.customers.close({ caller, origin }, customer);
      return accounts.organizations.closeOther({ caller, origin, organization });
    },
    async report({ limit, ...question }) {
      const [rows] = await db.system('admin.compliance', [listEntries({ ...question, limit: limit + 1 })]);
      return page(rows, limit, { item: entryOf, position: ({ at, id }) => [at, id] });
    },
  };
}

function entryOf({ target_kind, target_id, tables, ...row }: EntryRow): ComplianceEntry {
  return {
    ...row,
    at: new Date(row.at).toISOString(),
    target: target_kind === null ? null : { kind: target_kind, id: target_id },
    erased: tables,
  };
}
