import { createAccounts, type MemberCapacity } from '#platform/accounts';
import { createAudit } from '#platform/audit';
import { commitPoint, type Database, statement } from '#platform/db';
import { type Caller, plainBrand, type Role } from '#platform/http';
import { type AuthTokens, createIdentity, type IdentitySettings, type SignedIn } from '#platform/identity';
import {
  type AccountId,
  type Clock,
  createIds,
  type Ids,
  type KeyId,
  systemClock,
  systemRandom,
  type UserId,
} from '#platform/kernel';
import { createMail, createOutbox, type Mail } from '#platform/mail';
import { createSecrets, newMasterKey, type Secrets } from '#platform/secrets';
import { OF_EXAMPLES } from '@plinth/testkit/fixtures/passwords';
import { temporaryFolder } from '@plinth/testkit/services';

const POINT = commitPoint('test.factories', 'what a test starts from');
export const ORIGIN = { requestId: 'req_test', ip: '127.0.0.1', userAgent: 'a test' };
export const { password: PASSWORD } = OF_EXAMPLES;

export interface DrivenClock extends Clock {
  /** Moves this clock and the database's time on. */
  advance(milliseconds: number): Promise<void>;
}

/** A clock that runs like the system's and can be moved on, the database's time with it. */
export function drivenClock(db: Database): DrivenClock {
  let ahead = 0;
  return {
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
    async advance(milliseconds) {
      ahead += milliseconds;
      await db.script(`update app.clock set ahead = ahead + interval '${milliseconds} milliseconds'`);
    },
  };
}

/** The tokens of a sign-in that no second factor stands in the way of. */
export function tokensOf(signedIn: SignedIn): AuthTokens {
  if ('mfa_token' in signedIn) throw new Error('a second factor is asked for');
  return signedIn;
}

/** Someone who is registered and signed in. */
export interface Person {
  readonly userId: UserId;
  readonly accountId: AccountId;
  readonly email: string;
  readonly caller: Caller;
}

/** What all these worlds seal under. */
export const MASTER_KEY = newMasterKey(systemRandom);
const SECRETS = createSecrets({ keys: [MASTER_KEY] });

/** Mails of a world without a worker: they stay where they are stored. */
function storedMail(db: Database, ids: Ids): Mail {
  return createMail({
    db,
    ids,
    random: systemRandom,
    secrets: SECRETS,
    queue: { handle: () => {}, enqueueing: () => [], wake: () => {} },
    transport: createOutbox(temporaryFolder()),
    settings: { from: { address: 'plinth@example.com' } },
    brandOf: () => plainBrand('Plinth'),
    logoOf: async () => undefined,
    log: { info: () => {}, warn: () => {} },
  });
}

type WorldSettings = Partial<IdentitySettings> & {
  readonly organizationsPerUser?: number;
  readonly secrets?: Secrets;
};

/** Identity and accounts over a test's database, and people in them. */
export function createPeople(
  db: Database,
  { organizationsPerUser = 1_000, secrets = SECRETS, ...settings }: WorldSettings = {},
  capacity: MemberCapacity = { check: () => [], refusal: (error) => error },
) {
  const clock = drivenClock(db);
  const ids = createIds({ clock, random: systemRandom });
  const audit = createAudit({ ids });
  const mail = storedMail(db, ids);
  const parts = { db, clock, ids, audit, mail, random: systemRandom };
  const accounts = createAccounts({
    ...parts,
    webhooks: { emitting: () => [], wake: () => {} },
    capacity,
    organizationsPerUser,
    invitationLink: (token) => `http://plinth.test/v1/invitations/accept#${token}`,
  });
  const identity = createIdentity({
    ...parts,
    secrets,
    makePersonalAccount: accounts.makePersonalAccount,
    makeOrganization: accounts.makeOrganization,
    membershipsOf: accounts.membershipsOf,
    ownedOrganizations: accounts.ownedOrganizations,
    settings: {
      issuer: 'http://plinth.test',
      baseUrl: 'http://plinth.test',
      emailVerification: 'off',
      products: ['demo'],
      ...settings,
    },
  });

  return {
    clock,
    ids,
    audit,
    mail,
    secrets: SECRETS,
    accounts,
    identity,
    /** A user who is signed in. Their password is `PASSWORD`. */
    async person(
      options: {
        readonly role?: 'user' | 'admin';
        readonly companyName?: string;
        readonly emailVerified?: boolean;
      } = {},
    ): Promise<Person> {
      const email = `${ids.next()}@example.com`;
      const made = await db.system('owner.first-start', POINT, (tx) =>
        identity.createUser(tx, { ...OF_EXAMPLES, email, ...options }),
      );
      const { access_token: token } = tokensOf(
        await identity.sessions.login({ email, password: PASSWORD }, ORIGIN),
      );
      const caller = await identity.identify(token);
      if (caller === undefined) throw new Error('a new session is not known');
      return { userId: made.userId, accountId: made.accountId, email, caller };
    },
    /** An organization of the person's. */
    organization: (owner: Person, name = 'Acme'): Promise<AccountId> =>
      db.user(owner.userId, POINT, (tx) => accounts.makeOrganization(tx, owner, name)),
    /** Makes someone a member of an account outright. */
    async join(accountId: AccountId, person: Pick<Person, 'userId'>, role: Role): Promise<void> {
      const sql = 'insert into accounts.members (account_id, user_id, role) values ($1, $2, $3)';
      await db.tenant(accountId, POINT, [statement(sql, [accountId, person.userId, role])]);
      db.signal('accounts.changed', accountId);
    },
    /** An API key of the person's for an account. */
    async key(person: Person, scopes: readonly string[], accountId = person.accountId) {
      const actor = { kind: 'user' as const, userId: person.userId };
      const key = { accountId, userId: person.userId, name: 'a key', scopes, actor };
      return db.tenant(accountId, POINT, (tx) => identity.createKey(tx, key));
    },
    /** A key that a key of the person's makes. */
    async child(
      person: Person,
      maker: KeyId,
      more: {
        readonly accountId?: AccountId;
        readonly bounds?: { readonly monthly_budget_micros?: number };
      } = {},
    ) {
      const { userId, accountId } = { ...person, ...more };
      const actor = { kind: 'key' as const, keyId: maker, userId };
      const key = { ...more, accountId, userId, name: 'a key of a key', scopes: ['*'], actor };
      return db.tenant(accountId, POINT, (tx) => identity.createKey(tx, key));
    },
  };
}
