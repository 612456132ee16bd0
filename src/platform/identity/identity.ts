import type { Audit, Whence } from '#platform/audit';
import type { Database, Transaction } from '#platform/db';
import type { Clock, Ids, Random } from '#platform/kernel';
import { createAccessTokens } from './access-tokens.ts';
import { type Callers, createCallers } from './callers.ts';
import { createKeys, type Keys } from './keys.ts';
import { createPasswords, type PasswordsOptions } from './passwords.ts';
import {
  type AccountMaking,
  createUser,
  type MadeUser,
  register,
  type Registration,
  type UserToMake,
} from './registration.ts';
import { knownScopes } from './scopes.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { createSigningKeys, type SigningKeys } from './signing-keys.ts';
import { createUsers, type Users, type UsersParts } from './users.ts';

export interface IdentitySettings {
  /** Who says so in access tokens: the public address of this server. */
  readonly issuer: string;
  readonly emailVerification: 'off' | 'soft' | 'required';
  /** Products whose scopes (`reel:read`, `reel:write`) a key can be given. */
  readonly products: readonly string[];
  readonly passwords?: PasswordsOptions;
}

export interface IdentityParts extends AccountMaking, Pick<UsersParts, 'membershipsOf'> {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly settings: IdentitySettings;
}

/** Users, sessions, tokens and keys. */
export interface Identity {
  readonly identify: Callers['identify'];
  /** Answers nothing: whether the email was known before is nobody's business. */
  register(input: Registration, whence: Whence): Promise<void>;
  /** Makes a user outright, with a password made up unless one is given. Throws when the email is taken. */
  createUser(tx: Transaction, input: UserToMake): Promise<MadeUser>;
  readonly createKey: Keys['createKey'];
  readonly sessions: Sessions;
  readonly keys: Keys;
  readonly users: Users;
  /** The public keys by which anyone can verify our access tokens. */
  readonly jwks: SigningKeys['jwks'];
  /** Makes what a first start needs (the signing key); later it costs one read. */
  ready(): Promise<void>;
  /** Waits for what is still written behind the calls. */
  close(): Promise<void>;
}

/** Identity over its parts; the makers of accounts come from the module above. */
export function createIdentity(parts: IdentityParts): Identity {
  const { db, clock, settings } = parts;
  const signingKeys = createSigningKeys({ db, clock });
  const tokens = createAccessTokens({ clock, issuer: settings.issuer, keys: signingKeys });
  const callers = createCallers({ db, clock, tokens });
  const passwords = createPasswords(settings.passwords);
  const keys = createKeys({ ...parts, callers, scopes: knownScopes(settings.products) });
  return {
    identify: callers.identify,
    register: (input, whence) => register({ ...parts, passwords }, input, whence),
    createUser: (tx, input) => createUser({ ...parts, passwords }, tx, input),
    createKey: keys.createKey,
    sessions: createSessions({
      ...parts,
      tokens,
      callers,
      passwords,
      emailVerification: settings.emailVerification,
    }),
    keys,
    users: createUsers({ ...parts, callers }),
    jwks: signingKeys.jwks,
    async ready() {
      await signingKeys.current();
    },
    close: callers.close,
  };
}
