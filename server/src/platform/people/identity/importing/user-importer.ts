import type { Audit } from '#platform/audit';
import { commitPoint, type Database, type Transaction } from '#platform/db';
import type { Importer, Outcome } from '#platform/imports';
import { z } from 'zod';
import { emailSchema } from '../fields.ts';
import { importedByEmail, setExternalId, userByExternalId } from './import-store.ts';
import { importedPassword } from '../passwords/imported-passwords.ts';
import { addUser, type RegistrationParts } from '../users/registration.ts';

const IMPORTED = commitPoint('identity.users-imported', 'users of a file, with their accounts');

const name = z.string().trim().min(1).max(200);

/** A name of another system: it is compared as it is written. */
export const externalIdSchema = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]+$/u, 'has control characters');

/** In CSV everything is text. */
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]);

const row = z.strictObject({
  email: emailSchema,
  external_id: externalIdSchema.optional(),
  password_hash: z.string().max(2_000).optional(),
  email_verified: flag.default(false),
  full_name: name.optional(),
  company_name: name.optional(),
});
type Row = z.infer<typeof row>;

export interface UserImporterParts extends Omit<RegistrationParts, 'passwords'> {
  readonly db: Database;
  readonly audit: Audit;
}

/** Users of another system, each with a personal account; known by their `external_id`, else by their email (docs/import.md). */
export function createUserImporter(parts: UserImporterParts): Importer<Row> {
  return {
    row,
    transaction: (work) => parts.db.system('identity.import', IMPORTED, work),
    put: (tx, one) => put(parts, tx, one),
  };
}

async function put(parts: UserImporterParts, tx: Transaction, one: Row): Promise<Outcome> {
  const { email, external_id: externalId, password_hash: hash } = one;
  const password = hash === undefined ? { stored: null } : importedPassword(hash);
  if (typeof password === 'string') {
    return { code: password, field: 'password_hash', message: HASH_PROBLEMS[password] };
  }
  const known = externalId === undefined ? [] : await tx.run(userByExternalId(externalId));
  if (known.length > 0) return 'known';
  const made = await addUser(parts, tx, {
    email,
    passwordHash: password.stored,
    fullName: one.full_name,
    companyName: one.company_name,
    role: 'user',
    emailVerified: one.email_verified,
  });
  if (made === undefined) return meet(tx, email, externalId);
  if (externalId !== undefined) await tx.run(setExternalId(made.userId, externalId));
  await parts.audit.recordIn(tx, {
    action: 'user.imported',
    actor: { kind: 'system' },
    target: { kind: 'user', id: made.userId },
  });
  return 'added';
}

/**
 * A user has the address already: nothing of theirs is changed but the name by which later imports find them. Not where
 * they never showed that the address is theirs: the person who typed it in first would be given what its owner had.
 */
async function meet(tx: Transaction, email: string, externalId: string | undefined): Promise<Outcome> {
  const [there] = await tx.run(importedByEmail(email));
  if (there === undefined) return emailTaken('Somebody took the address meanwhile.');
  // With the same name: another import was quicker.
  if (externalId === undefined || there.external_id === externalId) return 'known';
  if (there.external_id !== null) return emailTaken('Another external_id has this address.');
  if (!there.email_verified) {
    return emailTaken('Somebody registered with this address and has not shown that it is theirs.');
  }
  await tx.run(setExternalId(there.user_id, externalId));
  return 'known';
}

const emailTaken = (message: string): Outcome => ({ code: 'email_taken', field: 'email', message });

const HASH_PROBLEMS = {
  hash_unknown: 'The hash is in none of the forms that can be checked.',
  hash_malformed: 'The hash is not whole, or no hash that could hold.',
  hash_too_costly: 'Checking the hash once would cost more than about a second of one core or 128 MiB.',
} as const;
