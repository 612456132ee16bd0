import type { Whence } from '#platform/audit';
import { commitPoint } from '#platform/db';
import { AppError } from '#platform/kernel';
import { assertMayEnter, enter, type EnteringParts, type SignedIn } from './entering.ts';
import type { Passwords } from './passwords.ts';
import { type CredentialRow, rehash, userByEmail } from './store.ts';

const REFUSED = commitPoint('identity.login-refused', 'the record of a failed log-in');

export interface LoginParts extends EnteringParts {
  readonly passwords: Passwords;
}

export interface Login {
  readonly email: string;
  readonly password: string;
}

/** Signs in with a password. Throws `invalid_credentials` for a wrong one and for an unknown email alike, and as slowly. */
export async function login(
  parts: LoginParts,
  { email, password }: Login,
  whence: Whence,
): Promise<SignedIn> {
  const { db, passwords } = parts;
  const [[user]] = await db.system('identity.credentials', [userByEmail(email)]);
  const matches = await passwords.matches(password, user?.password_hash);
  if (user === undefined || !matches) return refuse(parts, user, whence);
  assertMayEnter(user, parts.emailVerification);
  const outdated = user.password_hash !== null && passwords.isOutdated(user.password_hash);
  const stronger = outdated ? await passwords.hash(password) : undefined;
  return enter(parts, {
    user,
    method: 'password',
    whence,
    async confirm(tx, now) {
      // Given another password while the old one was hashed.
      if (now.password_version !== user.password_version) throw new AppError('invalid_credentials');
      if (stronger === undefined || now.password_hash === null) return;
      await tx.run(rehash(now.user_id, { before: now.password_hash, after: stronger }));
    },
  });
}

/** The answer for a wrong password and an unknown email. Both write a row, so that the time tells nothing either. */
async function refuse(parts: LoginParts, user: CredentialRow | undefined, whence: Whence): Promise<never> {
  await parts.db.system('identity.credentials', REFUSED, (tx) =>
    parts.audit.recordIn(tx, {
      action: 'session.refused',
      actor: { kind: 'system' },
      ...(user === undefined ? {} : { target: { kind: 'user', id: user.user_id } }),
      whence,
    }),
  );
  throw new AppError('invalid_credentials');
}
