import type { Audit } from '#platform/audit';
import type { Database, Transaction } from '#platform/db';
import type { Clock, Ids, Random } from '#platform/kernel';
import type { Mail, Resolver, TemplateName } from '#platform/mail';
import type { Logger } from '#platform/telemetry';
import type { Secrets } from '#platform/secrets';
import { acceptAdmin, type AdminAcceptance } from './admins/acceptance.ts';
import { type Admins, createAdmins } from './admins/admins.ts';
import { createAccessTokens } from './signing-keys/access-tokens.ts';
import { type Callers, createCallers } from './callers/callers.ts';
import type { Captcha } from './guessing/captcha.ts';
import { type Closing, createClosing, type OwnedOrganizations } from './closing/closing.ts';
import { type AddressRule, createEmailFlows, type EmailFlows } from './email/email-flows.ts';
import type { SignInRule } from './sessions/session-opening.ts';
import { emailResolvers } from './email/email-links.ts';
import { type AddressClaim, claimAddress } from './federation/claim-address.ts';
import { createFederation, type Federation } from './federation/federation.ts';
import type { Providers } from './federation/providers.ts';
import { createMailSignIns, type MailSignIns } from './mail-sign-ins/mail-sign-ins.ts';
import { createGuessing, type Guessing } from './guessing/guessing.ts';
import { createMfa, type Mfa } from './mfa/mfa.ts';
import type { PasskeySettings } from './mfa/webauthn.ts';
import { createNewPasswords, type NewPasswords } from './passwords/new-passwords.ts';
import { createKeys, type Keys } from './keys/keys.ts';
import { createPasswordRules, type PasswordRulesOptions } from './passwords/password-rules.ts';
import { createPasswords, type PasswordsOptions } from './passwords/passwords.ts';
import {
  type AccountMaking,
  type AddedUser,
  type NewUserInput,
  addUser,
  createUser,
  type MadeUser,
  register,
  type Registering,
  type UserToMake,
} from './users/registration.ts';
import { knownScopes } from './keys/scopes.ts';
import { endSessions } from './sessions/session-store.ts';
import { createSessions, type Sessions } from './sessions/sessions.ts';
import { createSigningKeys, type SigningKeys } from './signing-keys/signing-keys.ts';
import { createTokenSigner, type TokenSigner } from './signing-keys/token-signer.ts';
import { createUsers, type Users, type UsersParts } from './users/users.ts';

/** Another key signs access tokens after so many days. */
const SIGNING_KEY_DAYS = 90;

export interface IdentitySettings {
  /** Issuer of access tokens: the public address of this server. */
  readonly issuer: string;
  /** Where links in mails lead: the address of this server, without a slash at its end. */
  readonly baseUrl: string;
  readonly emailVerification: 'off' | 'soft' | 'required';
  /** Whether people sign in by a code and a link in a mail; not when not said. */
  readonly signInByMail?: boolean;
  /** Where browsers may be sent back to after a sign-in at a provider; nowhere when not said. */
  readonly returnTo?: readonly string[];
  /** Products whose scopes (`reel:read`, `reel:write`) a key can be given. */
  readonly products: readonly string[];
  /** Those of them that run; all when not said. */
  readonly runningProducts?: readonly string[];
  /** Scopes that routes of products ask for beside (`memory:read`). */
  readonly productScopes?: readonly string[];
  /** How many days a session lasts at most, however much it is used; 90 when not said. */
  readonly sessionDays?: number;
  /** Whose passkeys are taken; those of this machine when not said. */
  readonly passkeys?: PasskeySettings;
  readonly passwords?: PasswordsOptions;
  readonly passwordRules?: PasswordRulesOptions;
}

export interface IdentityParts extends AccountMaking, Pick<UsersParts, 'membershipsOf' | 'tierOf'> {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: Secrets;
  readonly ids: Ids;
  readonly audit: Audit;
  readonly mail: Pick<Mail, 'sending' | 'asking' | 'recently' | 'wake'>;
  /** Handles the organizations of a user who closes their account. */
  readonly ownedOrganizations: OwnedOrganizations;
  readonly settings: IdentitySettings;
  /** Asked for after log-ins that failed; none when not said. */
  readonly captcha?: Captcha | undefined;
  /** The rule of modules above for a sign-in. */
  readonly signInRule?: SignInRule | undefined;
  /** The rule of modules above for another address. */
  readonly addressRule?: AddressRule | undefined;
  readonly product?: string | undefined;
  /** Whether new users are welcomed by mail; not when not said. */
  readonly welcomes?: () => boolean;
  /** Providers that sign users in; none when not said. */
  readonly providers?: Providers;
  readonly log?: Pick<Logger, 'warn'>;
}

/** Users, sessions, tokens, keys, and what goes by mail (docs/identity.md). */
export interface Identity extends Registering, AdminAcceptance {
  readonly identify: Callers['identify'];
  /** Makes a user outright, with a password made up unless one is given. Throws when the email is taken. */
  createUser(tx: Transaction, input: UserToMake): Promise<MadeUser>;
  /** Adds a user with a personal account, in the system's scope; undefined when the email is taken. */
  addUser(tx: Transaction, addition: NewUserInput): Promise<AddedUser | undefined>;
  /**
   * Gives a user to the owner of their address, for whom a provider speaks (federation/claim-address.ts). After the commit
   * `callerChanged` is to be called.
   */
  claimAddress(tx: Transaction, claim: AddressClaim): Promise<void>;
  readonly createKey: Keys['createKey'];
  readonly sessions: Sessions;
  readonly guessing: Guessing;
  readonly keys: Keys;
  readonly users: Users;
  readonly emails: EmailFlows;
  readonly newPasswords: NewPasswords;
  readonly mfa: Mfa;
  readonly federation: Federation;
  readonly mailSignIns: MailSignIns;
  readonly closing: Closing;
  readonly admins: Admins;
  /** Decide on mails that were asked for by typing an address; for `mail.resolve`. */
  readonly resolvers: Partial<Readonly<Record<TemplateName, Resolver>>>;
  /** Signs a token for an outside service, which verifies it by the JWKS. */
  readonly signToken: TokenSigner;
  /** The public keys by which anyone can verify our access tokens. */
  readonly jwks: SigningKeys['jwks'];
  /** Has another key sign our access tokens, when the present one is old enough. */
  readonly rotateSigningKey: SigningKeys['rotate'];
  /** Does so when it is as old as the settings say; never, where they say nothing. */
  rotateWhenDue(): Promise<void>;
  /** Makes what a first start needs (the signing key); later it costs one read. */
  ready(): Promise<void>;
  /** Waits for what is still written behind the calls. */
  close(): Promise<void>;
}

const SESSION_DAYS = 90;
const LOCAL_PASSKEYS = { rpId: 'localhost', rpName: () => 'Plinth', origins: ['http://localhost:*'] };

const NOBODY: Providers = { clients: {}, firebase: undefined };

/** Identity over its parts; the makers of accounts come from the module above. */
export function createIdentity(parts: IdentityParts): Identity {
  const { db, clock, settings } = parts;
  const { emailVerification, sessionDays = SESSION_DAYS } = settings;
  const guessing = createGuessing({ db, captcha: parts.captcha });
  const signingKeys = createSigningKeys(parts);
  const signToken = createTokenSigner({ clock, issuer: settings.issuer, keys: signingKeys });
  const tokens = createAccessTokens({ clock, issuer: settings.issuer, keys: signingKeys, signToken });
  const callers = createCallers({ db, clock, tokens, guessing });
  const passwords = createPasswords(settings.passwords, parts.log);
  const rules = createPasswordRules(settings.passwordRules);
  const inside = { ...parts, tokens, callers, passwords, rules, guessing, emailVerification, sessionDays };
  const ways = { baseUrl: settings.baseUrl, returnTo: settings.returnTo ?? [] };
  const mailSignIns = createMailSignIns({
    ...inside,
    settings: { ...ways, isOn: settings.signInByMail === true },
  });
  const keys = createKeys({ ...inside, scopes: knownScopes(settings.products, settings.productScopes) });
  return {
    identify: callers.identify,
    register: (input, origin) => register(inside, input, origin),
    createUser: (tx, input) => createUser(inside, tx, input),
    addUser: (tx, addition) => addUser(inside, tx, addition),
    claimAddress: (tx, claim) => claimAddress(parts, tx, claim),
    createKey: keys.createKey,
    sessions: createSessions(inside),
    guessing,
    keys,
    users: createUsers({
      ...inside,
      endSessions,
      runningProducts: settings.runningProducts ?? settings.products,
    }),
    emails: createEmailFlows(inside),
    newPasswords: createNewPasswords(inside),
    mfa: createMfa({ ...inside, passkeySettings: settings.passkeys ?? LOCAL_PASSKEYS }),
    closing: createClosing(inside),
    admins: createAdmins({ ...parts, baseUrl: settings.baseUrl }),
    acceptAdmin: (input, origin) => acceptAdmin(inside, { ...input, origin }),
    federation: createFederation({
      ...inside,
      settings: ways,
      providers: parts.providers ?? NOBODY,
      log: parts.log ?? { warn() {} },
    }),
    mailSignIns,
    resolvers: {
      ...emailResolvers({ ...parts, baseUrl: settings.baseUrl }),
      sign_in: mailSignIns.resolver,
    },
    signToken,
    jwks: signingKeys.jwks,
    rotateSigningKey: signingKeys.rotate,
    async rotateWhenDue() {
      await signingKeys.rotate({ afterDays: SIGNING_KEY_DAYS });
    },
    async ready() {
      await signingKeys.current();
    },
    async close() {
      signingKeys.close();
      await callers.close();
    },
  };
}
