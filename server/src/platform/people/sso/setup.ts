import type { Accounts, OrganizationRequest } from '#platform/accounts';
import { actorOf, type Audit, type AuditEvent } from '#platform/audit';
import type { Database } from '#platform/db';
import type { AccountId, Ids, Random } from '#platform/kernel';
import type { Mail } from '#platform/mail';
import type { Secrets } from '#platform/secrets';
import type { TxtRecords } from './txt-records.ts';

export interface SetupParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly random: Random;
  readonly audit: Audit;
  readonly accounts: Pick<Accounts, 'authorizeMember' | 'lockAuthorized'>;
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
  readonly secrets: Secrets;
  readonly txtRecords: TxtRecords;
}

/** An audit event of an organization, by the caller. */
export function eventOf(
  { caller, origin, organization }: OrganizationRequest,
  action: string,
  more: Pick<AuditEvent, 'target' | 'changes'> = {},
): AuditEvent {
  const accountId = organization as AccountId;
  return {
    action,
    actor: actorOf(caller),
    accountId,
    origin,
    target: { kind: 'account', id: accountId },
    ...more,
  };
}
