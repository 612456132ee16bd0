import { statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';

/** Facts that an import needs of a user who is there already. */
export interface ImportedRow {
  user_id: UserId;
  email_verified: boolean;
  external_id: string | null;
  default_account_id: AccountId;
}

const KNOWN = 'user_id, email_verified, external_id, default_account_id';

/** Locked, as by the address. */
export const userByExternalId = (externalId: string) =>
  statement<ImportedRow>(`select ${KNOWN} from identity.users where external_id = $1 for no key update`, [
    externalId,
  ]);

/** Locked, so that no other call verifies the address, takes the name, or chooses another account while it is looked at. */
export const importedByEmail = (email: string) =>
  statement<ImportedRow>(
    `select ${KNOWN} from identity.users where lower(email) = lower($1) for no key update`,
    [email],
  );

export const setExternalId = (userId: UserId, externalId: string) =>
  statement('update identity.users set external_id = $2, updated_at = app.now() where user_id = $1', [
    userId,
    externalId,
  ]);
