import type { Audit, RequestOrigin } from '#platform/audit';
import { commitPoint, type Database, statement, type Transaction } from '#platform/db';
import { type AccountId, type Ids, type Random, type UserId } from '#platform/kernel';
import type { Mail } from '#platform/mail';
import type { PasswordRules } from '../passwords/password-rules.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { insertUser, setDefaultAccount, userByEmail } from './user-store.ts';

const REGISTER = commitPoint(
  'identity.register',
  'a user with a personal account, an organization where one is named, and the mail that goes to the address',
);

/** The user that an account is made for. */
export interface AccountOwner {
  readonly userId: UserId;
  readonly email: string;
  readonly fullName?: string | undefined;
  /** The request that asked for it, for the audit. */
  readonly origin?: RequestOrigin | undefined;
}

/** Accounts lie above identity: `app.ts` hands these in. Each adds an account owned by the user, in `tx`. */
export interface AccountMaking {
  readonly makePersonalAccount: (tx: Transaction, owner: AccountOwner) => Promise<AccountId>;
  readonly makeOrganization: (tx: Transaction, owner: AccountOwner, name: string) => Promise<AccountId>;
}

export interface RegistrationParts extends AccountMaking {
  readonly db: Database;
  readonly ids: Ids;
  readonly random: Random;
  readonly audit: Audit;
  readonly passwords: Passwords;
}

interface RegisterParts extends RegistrationParts {
  readonly rules: PasswordRules;
  readonly mail: Pick<Mail, 'asking' | 'wake'>;
  /** Whether new users are welcomed, and not only asked to verify their address. */
  readonly welcomes?: (() => boolean) | undefined;
}

export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly fullName?: string | undefined;
  readonly companyName?: string | undefined;
}

export interface UserToMake {
  readonly email: string;
  /** Made up when not given. */
  readonly password?: string;
  /** The hash of that password, where it is there already. */
  readonly passwordHash?: string;
  readonly fullName?: string;
  readonly companyName?: string;
  readonly role?: 'user' | 'admin';
  readonly emailVerified?: boolean;
}

export interface MadeUser {
  readonly userId: UserId;
  readonly accountId: AccountId;
  readonly password: string;
}

/**
 * Takes a registration. Whether the email was known before shows neither in the answer nor in the time it takes: for a
 * known one the same rows are written for a user who does not exist, and undone.
 */
export interface Registering {
  /** Answers nothing: a caller must not learn whether the email was known before. */
  register(input: Registration, origin: RequestOrigin): Promise<void>;
}

export async function register(
  parts: RegisterParts,
  input: Registration,
  origin: RequestOrigin,
): Promise<void> {
  await parts.rules.assertStrong(input.password, input.email);
  const passwordHash = await parts.passwords.hash(input.password);
  await parts.db.system('identity.credentials', REGISTER, async (tx) => {
    const made = await addUnlessKnown(parts, tx, {
      ...input,
      passwordHash,
      origin,
      role: 'user',
      emailVerified: false,
    });
    await parts.audit.recordIn(tx, {
      action: made === undefined ? 'user.register_known' : 'user.registered',
      actor: made === undefined ? { kind: 'system' } : { kind: 'user', userId: made.userId },
      ...(made === undefined ? {} : { target: { kind: 'user', id: made.userId } }),
      origin,
    });
    const welcome = parts.welcomes?.() === true ? 'welcome' : 'verify_email';
    const template = made === undefined ? 'address_taken' : welcome;
    await tx.runAll(parts.mail.asking({ to: input.email, template, requestId: origin.requestId }));
  });
  parts.mail.wake();
}

async function addUnlessKnown(
  parts: RegistrationParts,
  tx: Transaction,
  addition: NewUserInput,
): Promise<AddedUser | undefined> {
  const [known] = await tx.run(userByEmail(addition.email));
  await tx.run(statement('savepoint decoy'));
  const email = known === undefined ? addition.email : `${parts.ids.next()}@decoy.invalid`;
  const added = await addUser(parts, tx, { ...addition, email });
  const isKept = known === undefined && added !== undefined;
  await tx.run(statement(isKept ? 'release savepoint decoy' : 'rollback to savepoint decoy'));
  return isKept ? added : undefined;
}

/** Makes a user outright: the local owner of a first start. Throws when the email is taken. */
export async function createUser(
  parts: RegistrationParts,
  tx: Transaction,
  input: UserToMake,
): Promise<MadeUser> {
  const password = input.password ?? Buffer.from(parts.random.bytes(18)).toString('base64url');
  const passwordHash = input.passwordHash ?? (await parts.passwords.hash(password));
  const made = await addUser(parts, tx, {
    email: input.email,
    passwordHash,
    fullName: input.fullName,
    companyName: input.companyName,
    role: input.role ?? 'user',
    emailVerified: input.emailVerified ?? false,
  });
  if (made === undefined) throw new Error('a user with this email exists already');
  await parts.audit.recordIn(tx, {
    action: 'user.made',
    actor: { kind: 'system' },
    target: { kind: 'user', id: made.userId },
    changes: { role: input.role ?? 'user' },
  });
  return { ...made, password };
}

export interface AddedUser {
  readonly userId: UserId;
  readonly accountId: AccountId;
}

/** A user as they are added. */
export interface NewUserInput {
  readonly email: string;
  /** null: they sign in elsewhere alone. */
  readonly passwordHash: string | null;
  readonly fullName?: string | undefined;
  readonly companyName?: string | undefined;
  readonly role: 'user' | 'admin';
  readonly emailVerified: boolean;
  readonly origin?: RequestOrigin;
}

/** Adds a user with a personal account, and an organization where one is named; undefined when the email is taken. */
export async function addUser(
  parts: Omit<RegistrationParts, 'passwords'>,
  tx: Transaction,
  addition: NewUserInput,
): Promise<AddedUser | undefined> {
  const { email, fullName, companyName } = addition;
  const userId = parts.ids.next<UserId>();
  const rows = await tx.run(insertUser({ ...addition, userId, fullName }));
  if (rows.length === 0) return undefined;
  const owner: AccountOwner = { userId, email, fullName, origin: addition.origin };
  // A user who registers a company acts for it, unless they say otherwise (X-Account-Id). It comes first: what a person is given
  // for nothing is given in the account that they begin with.
  const company =
    companyName === undefined ? undefined : await parts.makeOrganization(tx, owner, companyName);
  const personal = await parts.makePersonalAccount(tx, owner);
  const accountId = company ?? personal;
  await tx.run(setDefaultAccount(userId, accountId));
  return { userId, accountId };
}
