import type { RequestOrigin } from '#platform/audit';
import { commitPoint } from '#platform/db';
import { addressBlock } from '#platform/http';
import { AppError, sha256 } from '#platform/kernel';
import type { DeviceGiven } from './devices.ts';
import { assertMaySignIn, completeSignIn, type SessionOpeningParts } from './session-opening.ts';
import type { SignedIn } from './sign-in-replies.ts';
import { countersOfLogin, type Guess, type Guessing } from '../guessing/guessing.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { placeOf } from './session-store.ts';
import { type CredentialRow, rehash, userByEmail } from '../users/user-store.ts';

const REFUSED = commitPoint('identity.login-refused', 'the record of a failed log-in');

export interface LoginParts extends SessionOpeningParts {
  readonly passwords: Passwords;
  readonly guessing: Guessing;
}

export interface Login {
  readonly email: string;
  readonly password: string;
  readonly device?: DeviceGiven | undefined;
  /** The answer to a CAPTCHA, if one was asked for. */
  readonly captcha?: string | undefined;
}

/**
 * Signs in with a password. Throws `invalid_credentials` for a wrong one and for an unknown email alike, and as slowly;
 * `too_many_attempts` and `captcha_required` before anything is hashed.
 */
export async function login(parts: LoginParts, input: Login, origin: RequestOrigin): Promise<SignedIn> {
  const { passwords, guessing } = parts;
  const { password, device } = input;
  // A flood past the pool costs no query, and what is under way goes on.
  passwords.assertRoom();
  const { user: known, guess } = await lookedUp(parts, { ...input, email: sameLetters(input.email) }, origin);
  const user = await guessing.attempt(guess, async () => {
    const matches = await passwords.matches(password, known?.password_hash);
    return matches ? known : undefined;
  });
  if (user === undefined) return refuse(parts, known, origin);
  assertMaySignIn(user, parts.emailVerification);
  const outdated = user.password_hash !== null && passwords.isOutdated(user.password_hash);
  const stronger = outdated ? await passwords.hash(password) : undefined;
  return completeSignIn(parts, {
    user,
    method: 'password',
    origin,
    device,
    async confirm(tx, now) {
      // Given another password while the old one was hashed.
      if (now.password_version !== user.password_version) throw new AppError('invalid_credentials');
      if (stronger === undefined || now.password_hash === null) return;
      await tx.run(rehash(now.user_id, { before: now.password_hash, after: stronger }));
    },
  });
}

/**
 * An email as it is counted and looked up. A user may type letters that the database makes small otherwise than we
 * do (İ to i): then one user would have many counts. What is small here already, it leaves as it is.
 */
const sameLetters = (email: string) => email.toLowerCase();

/** The user of an email, if it has one, and what a guess of their password is counted by. */
async function lookedUp(
  { db }: LoginParts,
  { email, device, captcha }: Login,
  { ip }: RequestOrigin,
): Promise<{ user: CredentialRow | undefined; guess: Guess }> {
  const former = device?.formerToken;
  const at = { ipBlock: addressBlock(ip), tokenHash: former === undefined ? undefined : sha256(former) };
  const [[user], [place]] = await db.system('identity.credentials', [userByEmail(email), placeOf(email, at)]);
  const seen = { device: place?.device ?? undefined, isKnown: place?.is_known === true };
  const by = countersOfLogin({ email, ip, place: seen });
  return { user, guess: { by, captcha: { answer: captcha, ip } } };
}

/** The answer for a wrong password and an unknown email. Both write a row, so that the time tells nothing either. */
async function refuse(
  parts: LoginParts,
  user: CredentialRow | undefined,
  origin: RequestOrigin,
): Promise<never> {
  await parts.db.system('identity.credentials', REFUSED, (tx) =>
    parts.audit.recordIn(tx, {
      action: 'session.refused',
      actor: { kind: 'system' },
      ...(user === undefined ? {} : { target: { kind: 'user', id: user.user_id } }),
      origin,
    }),
  );
  throw new AppError('invalid_credentials');
}
