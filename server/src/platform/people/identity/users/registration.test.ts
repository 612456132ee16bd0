import { hash } from '@node-rs/argon2';
import { describe, expect, test } from 'vitest';
import { commitPoint, type Database, type Statement, statement, type Transaction } from '#platform/db';
import { hashAsInProduction } from '@plinth/testkit/fixtures/argon2';
import { createPeople, tokensOf, PASSWORD, ORIGIN } from '@plinth/testkit/people';
import { testDatabase } from '@plinth/testkit/services';
import { createPasswordRules } from '../passwords/password-rules.ts';

hashAsInProduction();
const { db } = await testDatabase();
const { identity, accounts, ids } = createPeople(db);
const point = commitPoint('test.registration', 'what the registration tests write');
const newEmail = () => `${ids.next()}@example.com`;
const register = (email: string, more: { password?: string; companyName?: string } = {}) =>
  identity.register({ email, password: PASSWORD, ...more }, ORIGIN);
const login = async (email: string, password = PASSWORD) =>
  tokensOf(await identity.sessions.login({ email, password }, ORIGIN));

async function me(email: string) {
  const { access_token: token } = await login(email);
  const caller = await identity.identify(token);
  if (caller === undefined) throw new Error('nobody');
  return identity.users.me(caller);
}

const usersWith = async (email: string) => {
  const count = statement<{ users: number }>(
    'select count(*) as users from identity.users where lower(email) = lower($1)',
    [email],
  );
  const [rows] = await db.system('identity.credentials', [count]);
  return rows[0]?.users;
};

describe('registering', () => {
  test('gives a user a personal account of their own, and makes it the default', async () => {
    const email = newEmail();
    await register(email);
    const user = await me(email);
    expect(user).toMatchObject({ email, role: 'user', email_verified: false });
    expect(user.accounts).toMatchObject([{ kind: 'personal', role: 'owner', id: user.default_account_id }]);
  });

  test('with a company makes an organization too, owned by the user, and calls are for it', async () => {
    const email = newEmail();
    await register(email, { companyName: 'Acme' });
    const user = await me(email);
    expect(user.accounts).toMatchObject([
      { kind: 'personal' },
      { kind: 'organization', name: 'Acme', role: 'owner', id: user.default_account_id },
    ]);
  });

  test('a known email answers as a new one does, in whichever case, and changes nothing', async () => {
    const email = newEmail();
    const first: unknown = await register(email);
    const again: unknown = await register(email.toUpperCase(), { password: 'Another-Password-1' });
    expect(again).toEqual(first);
    expect(await usersWith(email)).toBe(1);
    await expect(login(email, 'Another-Password-1')).rejects.toMatchObject({ code: 'invalid_credentials' });
    await expect(login(email.toUpperCase())).resolves.toBeDefined();
  });

  test('ten registrations of one email at once make one user with one account', async () => {
    const email = newEmail();
    await Promise.all(Array.from({ length: 10 }, () => register(email)));
    expect(await usersWith(email)).toBe(1);
    expect((await me(email)).accounts).toHaveLength(1);
  });

  test('a registration that fails halfway leaves nothing behind', async () => {
    const email = newEmail();
    await expect(register(email, { companyName: '' })).rejects.toThrow();
    expect(await usersWith(email)).toBe(0);
  });

  test('a password made up for a local owner meets our own rules', async () => {
    const email = 'owner@localhost';
    const made = await db.system('owner.first-start', point, (tx) =>
      identity.createUser(tx, { email, role: 'admin' }),
    );
    expect(await createPasswordRules().weaknessOf(made.password, email)).toBeUndefined();
    const { access_token: token } = await login(email, made.password);
    expect(await identity.identify(token)).toMatchObject({
      platformRole: 'admin',
      accountId: made.accountId,
    });
    expect(await accounts.roleOf(made.userId, made.accountId)).toBe('owner');
  });
});

describe('whether an email is known does not show in the time', () => {
  // One hash at a time and none may wait: a second call is refused exactly while the first one hashes.
  const narrow = createPeople(db, { passwords: { running: 1, waiting: 0 } }).identity;

  test('registering a known email hashes as registering a new one does', async () => {
    const email = newEmail();
    await register(email);
    const [known, other] = await Promise.allSettled([
      narrow.register({ email, password: PASSWORD }, ORIGIN),
      narrow.register({ email: newEmail(), password: PASSWORD }, ORIGIN),
    ]);
    expect(known.status).toBe('fulfilled');
    expect(other).toMatchObject({ reason: { code: 'busy', status: 503, retryAfter: 2 } });
  });

  test('signing in with an unknown email hashes as well', async () => {
    // From an address each, so that none waits for another's count.
    const logins = Array.from({ length: 8 }, (_, n) =>
      narrow.sessions.login({ email: newEmail(), password: PASSWORD }, { ...ORIGIN, ip: `192.0.2.${n}` }),
    );
    const outcomes = await Promise.allSettled(logins);
    const codes = outcomes.map((outcome) => String(outcome.status === 'rejected' && outcome.reason.code));
    expect(new Set(codes)).toEqual(new Set(['busy', 'invalid_credentials']));
  });
});

describe('whether an email is known does not show in what is done', () => {
  const { listened, said } = listeningTo(db);
  const heard = createPeople(listened).identity;
  const statementsOf = async (work: () => Promise<unknown>) => {
    said.length = 0;
    await work();
    return said.map((text) => text.replace(/^(release|rollback to) savepoint/, 'savepoint left:'));
  };

  test.each([
    ['registering', (email: string) => heard.register({ email, password: PASSWORD }, ORIGIN)],
    [
      'registering a company',
      (email: string) => heard.register({ email, password: PASSWORD, companyName: 'Acme' }, ORIGIN),
    ],
    ['asking for a new password', (email: string) => heard.emails.forgot(email, ORIGIN)],
    ['asking for the link of an address', (email: string) => heard.emails.resend(email, ORIGIN)],
  ])('%s: the same statements, in the same order', async (_what, work) => {
    const email = newEmail();
    await register(email);
    const known = await statementsOf(() => work(email));
    const unknown = await statementsOf(() => work(newEmail()));
    expect(known.length).toBeGreaterThan(1);
    expect(known).toEqual(unknown);
  });
});

/** A database whose write transactions in the system's scope are listened to, statement by statement. */
function listeningTo(real: Database): { listened: Database; said: string[] } {
  const said: string[] = [];
  const hear = (statements: readonly Statement[]) => said.push(...statements.map(({ text }) => text));
  const heardIn = (tx: Transaction): Transaction => ({
    run: (one) => (hear([one]), tx.run(one)),
    runAll: (all) => (hear(all), tx.runAll(all)),
  });
  const system = (...[use, at, work]: readonly unknown[]) => {
    const heardWork =
      typeof work === 'function' ? (tx: Transaction) => Reflect.apply(work, undefined, [heardIn(tx)]) : work;
    return Reflect.apply(real.system, real, [use, at, heardWork]);
  };
  return { listened: { ...real, system: system as Database['system'] }, said };
}

describe('passwords', () => {
  test('a weak one is refused before anything is stored', async () => {
    const email = newEmail();
    await expect(register(email, { password: 'Password1' })).rejects.toMatchObject({
      code: 'validation_failed',
    });
    expect(await usersWith(email)).toBe(0);
  });

  test('a hash of weaker parameters is replaced by the next log-in', async () => {
    const email = newEmail();
    await register(email);
    const weak = await hash(PASSWORD, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    const set = statement('update identity.users set password_hash = $2 where email = $1', [email, weak]);
    const get = statement<{ password_hash: string }>(
      'select password_hash from identity.users where email = $1',
      [email],
    );
    await db.system('identity.credentials', point, [set]);
    await Promise.all([login(email), login(email)]);
    const [rows] = await db.system('identity.credentials', [get]);
    expect(rows[0]?.password_hash).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
    await expect(login(email)).resolves.toBeDefined();
  });
});
