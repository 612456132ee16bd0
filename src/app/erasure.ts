import { type Accounts, accountsDataRules } from '#platform/accounts';
import { auditDataRules } from '#platform/audit';
import { billingDataRules } from '#platform/billing';
import type { DataRule } from '#platform/db';
import { entitlementsDataRules } from '#platform/entitlements';
import { createErasure, type Erasure, erasureDataRules, type Subject } from '#platform/erasure';
import { type Idempotency, idempotencyDataRules } from '#platform/idempotency';
import { identityDataRules } from '#platform/identity';
import { jobsDataRules } from '#platform/jobs';
import { limitsDataRules } from '#platform/limits';
import { type Mail, mailDataRules } from '#platform/mail';
import { reportsDataRules } from '#platform/reports';
import { secretsDataRules } from '#platform/secrets';
import { ssoDataRules } from '#platform/sso';
import type { Telemetry } from '#platform/telemetry';
import { webhooksDataRules } from '#platform/webhooks';
import { products } from '#products';

/** What erasure and export do with each table of the program. */
export function allDataRules(): DataRule[] {
  return [
    ...SCHEMA,
    ...secretsDataRules,
    ...identityDataRules,
    ...accountsDataRules,
    ...ssoDataRules,
    ...entitlementsDataRules,
    ...limitsDataRules,
    ...jobsDataRules,
    ...billingDataRules,
    ...mailDataRules,
    ...auditDataRules,
    ...webhooksDataRules,
    ...idempotencyDataRules,
    ...reportsDataRules,
    ...erasureDataRules,
    ...products.flatMap(({ dataRules }) => dataRules),
  ];
}

/** Tables of the database module, which knows no rules but their form. */
const SCHEMA: readonly DataRule[] = [
  { table: 'app.clock', nobodys: 'the time' },
  { table: 'app.installation', nobodys: 'which data this is, and whether it was moved elsewhere' },
  { table: 'public.plinth_migrations', nobodys: 'which migrations were applied' },
];

type ErasureWiring = Omit<
  Parameters<typeof createErasure>[0],
  'rules' | 'removeFiles' | 'sweepAnswers' | 'log' | 'roleOf' | 'kindOf' | 'mail'
> & {
  readonly accounts: Accounts;
  readonly mail: Mail;
  readonly idempotency: Idempotency;
  readonly telemetry: Telemetry;
};

/** Erasure and exports, with what each module says of its tables. */
export function openErasure(parts: ErasureWiring): Erasure {
  const { accounts, mail, idempotency } = parts;
  return createErasure({
    ...parts,
    rules: allDataRules(),
    roleOf: accounts.roleOf,
    kindOf: accounts.kindOf,
    sweepAnswers: () => idempotency.sweep(),
    removeFiles: async (subjects) => {
      for (const subject of subjects) await mail.forget(whoseOf(subject));
    },
    log: parts.telemetry.logger,
  });
}

function whoseOf(subject: Subject) {
  if (subject.kind === 'account') return { accountId: subject.id };
  return { userId: subject.id, email: subject.email };
}
