import type { Accounts } from '#platform/accounts';
import type { BlobStorage } from '#platform/blobs';
import { createErasure, type Erasure, type Subject } from '#platform/erasure';
import type { Idempotency } from '#platform/idempotency';
import type { LedgerArchives } from '#platform/reports';
import type { Mail } from '#platform/mail';
import type { Telemetry } from '#platform/telemetry';
import { allDataRules } from './lists.ts';

type ErasureWiring = Omit<
  Parameters<typeof createErasure>[0],
  | 'rules'
  | 'removeFiles'
  | 'filesOf'
  | 'archivedRows'
  | 'openFile'
  | 'sweepAnswers'
  | 'log'
  | 'roleOf'
  | 'kindOf'
  | 'mail'
> & {
  readonly accounts: Accounts;
  readonly mail: Mail;
  readonly blobs: BlobStorage;
  readonly archives: LedgerArchives;
  readonly idempotency: Idempotency;
  readonly telemetry: Telemetry;
};

/** Erasure and exports, with what each module says of its tables. */
export function openErasure(parts: ErasureWiring): Erasure {
  const { accounts, mail, blobs, idempotency, archives } = parts;
  return createErasure({
    ...parts,
    rules: allDataRules(),
    roleOf: accounts.roleOf,
    kindOf: accounts.kindOf,
    filesOf: blobs.linksOf,
    archivedRows: { 'limits.usage_events': archives.of },
    openFile: (product, accountId, id) => blobs.of(product).open(accountId, id),
    sweepAnswers: () => idempotency.sweep(),
    removeFiles: async (subjects) => {
      for (const subject of subjects) {
        await mail.forget(whoseOf(subject));
        if (subject.kind === 'account') await blobs.forgetBytesOf(subject.id);
      }
    },
    log: parts.telemetry.logger,
  });
}

function whoseOf(subject: Subject) {
  if (subject.kind === 'account') return { accountId: subject.id };
  return { userId: subject.id, email: subject.email };
}
