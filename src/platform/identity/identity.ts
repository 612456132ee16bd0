import type { Audit, Whence } from '#platform/audit';
import type { Database, Transaction } from '#platform/db';
import type { Clock, Ids, Random } from '#platform/kernel';
import type { Mail, Resolver, TemplateName } from '#platform/mail';
import { createAccessTokens } from './access-tokens.ts';
import { type Callers, createCallers } from './callers.ts';
import { createEmailFlows, type EmailFlows } from './email-flows.ts';
import { emailResolvers } from './email-links.ts';
import { createNewPasswords, type NewPasswords } from './new-passwords.ts';
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
  /** Where links in mails lead: the address of this server, without a slash at its end. */
  readonly baseUrl: string;
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
  readonly mail: Pick<Mail, 'sending' | 'asking' | 'recently' | 'wake'>;
  readonly settings: IdentitySettings;
}

/** Users, sessions, tokens, keys, and what goes by mail (docs/identity.md). */
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
  readonly emails: EmailFlows;
  readonly newPasswords: NewPasswords;
  /** Who decides on mails that were asked for by typing an address; for `mail.resolve`. */
  readonly resolvers: Partial<Readonly<Record<TemplateName, Resolver>>>;
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
    emails: createEmailFlows({ ...parts, passwords }),
    newPasswords: createNewPasswords({ ...parts, callers, passwords }),
    resolvers: emailResolvers({ ...parts, baseUrl: settings.baseUrl }),
    jwks: signingKeys.jwks,
    async ready() {
      await signingKeys.current();
    },
    close: callers.close,
  };
}
