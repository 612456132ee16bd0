import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { testApp } from '@plinth/testkit/services/app';
import { importInto } from './fixture.ts';

const app = await testApp({ work: false });
const into = importInto(app);

const PASSWORD = 'lètmein';
const BCRYPT = '$2b$05$0fAQvkvsAcZS4ACcPXaDEe.SMu2vcTwcaXUCHhsSqYw6oS9t/lrDO';
const PBKDF2 = 'pbkdf2_sha1$260000$seasalt2$wAibXvW6jgvatCdONi6SMJ6q7mI=';

let made = 0;
const person = (more: object = {}) => {
  made += 1;
  return { email: `imported-${made}@example.com`, external_id: `old-${made}`, ...more };
};

async function readStored(email: string) {
  const [row] = await app.db.asMigrator(
    statement<{
      password_hash: string | null;
      password_version: number;
      external_id: string | null;
      accounts: number;
    }>(
      `select password_hash, password_version, external_id,
         (select count(*)::int from accounts.members m where m.user_id = u.user_id) as accounts
       from identity.users u where lower(email) = lower($1)`,
      [email],
    ),
  );
  return row;
}

const login = async (email: string, password: string) =>
  (await app.call(undefined, 'POST /v1/auth/login', { body: { email, password } })).status;

const counts = ({ added, known, problems }: { added: number; known: number; problems: number }) => [
  added,
  known,
  problems,
];

test('an imported user signs in with the password of before, and it is hashed anew at the first time', async () => {
  const ada = person({
    password_hash: BCRYPT,
    email_verified: true,
    full_name: 'Ada',
    company_name: 'Engines',
  });
  expect(counts(await into.users([ada]))).toEqual([1, 0, 0]);
  const before = await readStored(ada.email);
  expect(before).toMatchObject({
    password_hash: `imported:${BCRYPT}`,
    external_id: ada.external_id,
    accounts: 2,
  });
  expect(await login(ada.email, 'another')).toBe(401);
  expect((await readStored(ada.email))?.password_hash, 'a wrong password changes nothing').toBe(
    before?.password_hash,
  );
  expect(await login(ada.email, PASSWORD)).toBe(200);
  const after = await readStored(ada.email);
  expect(after?.password_hash).toMatch(/^\$argon2id\$/);
  expect(after?.password_version, 'it is the same password: no session ends').toBe(before?.password_version);
  expect(await login(ada.email, PASSWORD)).toBe(200);
  expect(await login(ada.email, 'another')).toBe(401);
});

test('who signs in twice at once by an imported hash is in twice', async () => {
  const one = person({ password_hash: PBKDF2 });
  await into.users([one]);
  expect(await Promise.all([login(one.email, PASSWORD), login(one.email, PASSWORD)])).toEqual([200, 200]);
  expect((await readStored(one.email))?.password_hash).toMatch(/^\$argon2id\$/);
});

test('who had no password has none here, and sets one by a link', async () => {
  const one = person();
  await into.users([one]);
  expect((await readStored(one.email))?.password_hash).toBeNull();
  expect(await login(one.email, '')).toBe(400);
  expect(await login(one.email, 'imported:')).toBe(401);
});

test('the same file twice, or by two at once, makes each user once', async () => {
  const rows = Array.from({ length: 120 }, () => person({ password_hash: BCRYPT }));
  const [one, other] = await Promise.all([into.users(rows), into.users(rows.toReversed())]);
  expect(one.added + other.added).toBe(120);
  expect(one.known + other.known).toBe(120);
  expect([...one.told, ...other.told]).toEqual([]);
  expect(counts(await into.users(rows))).toEqual([0, 120, 0]);
  const [row] = await app.db.asMigrator(
    statement<{ users: number; accounts: number; events: number }>(
      `select count(distinct u.user_id)::int as users, count(m.*)::int as accounts,
         (select count(*)::int from audit.events e where e.action = 'user.imported' and e.target_id = any(array_agg(u.user_id::text))) as events
       from identity.users u join accounts.members m using (user_id) where u.external_id = any($1)`,
      [rows.map(({ external_id }) => external_id)],
    ),
  );
  expect(row).toEqual({ users: 120, accounts: 120, events: 120 });
});

test('an import changes nothing of who is there: not their password, their name or their address', async () => {
  const one = person({ password_hash: BCRYPT });
  await into.users([one]);
  await login(one.email, PASSWORD);
  const before = await readStored(one.email);
  const again = [
    { ...one, password_hash: PBKDF2 },
    { ...one, email: 'elsewhere@example.com' },
  ];
  expect(counts(await into.users(again))).toEqual([0, 2, 0]);
  expect(await readStored(one.email)).toEqual(before);
  expect(await readStored('elsewhere@example.com')).toBeUndefined();
});

test('a registered but unverified address does not get the account imported for it', async () => {
  const verified = await app.customer();
  expect(counts(await into.users([{ email: verified.email.toUpperCase(), external_id: 'theirs' }]))).toEqual([
    0, 1, 0,
  ]);
  expect((await readStored(verified.email))?.external_id).toBe('theirs');
  const squatter = { email: 'squatted@example.com', password: 'Analytical-Engine-1843' };
  expect((await app.call(undefined, 'POST /v1/auth/register', { body: squatter })).status).toBe(201);
  const { told } = await into.users([{ email: squatter.email, external_id: 'victim' }]);
  expect(told).toMatchObject([{ line: 1, code: 'email_taken', field: 'email' }]);
  expect((await readStored(squatter.email))?.external_id).toBeNull();
  const other = await into.users([{ email: verified.email, external_id: 'another' }]);
  expect(other.told).toMatchObject([{ code: 'email_taken' }]);
});

test('a dry run says the same and changes nothing', async () => {
  const [one, two] = [person({ password_hash: BCRYPT }), person({ password_hash: 'md5' })];
  const tried = await importInto(app, true).users([one, two]);
  expect(await readStored(one.email)).toBeUndefined();
  expect(tried).toEqual(await into.users([one, two]));
  expect(await readStored(one.email)).toBeDefined();
});

test('good lines go in and the others are told of by line, code and field, with nothing that stands in them', async () => {
  const good = [person(), person(), person()] as const;
  const rows = [
    good[0],
    person({ email: 'no-address' }),
    { external_id: 'nobody' },
    good[1],
    person({ password_hash: 'marker-of-a-password' }),
    person({ password_hash: '$argon2id$v=19$m=10485760,t=1,p=1$c29tZXNhbHQ$YWFhYWFhYWFhYWFhYWFhYWFhYWE' }),
    person({ password_hash: '$2b$05$marker' }),
    person({ marker: 1 }),
    person({ email_verified: 'marker' }),
    person({ external_id: 'x'.repeat(300) }),
    person({ full_name: 'a\u0000b' }),
    good[2],
  ];
  const { told, ...rest } = await into.users(rows);
  expect(
    told.toSorted((a, b) => a.line - b.line).map(({ line, code, field }) => [line, code, field]),
  ).toEqual([
    [2, 'field_invalid', 'email'],
    [3, 'field_missing', 'email'],
    [5, 'hash_unknown', 'password_hash'],
    [6, 'hash_too_costly', 'password_hash'],
    [7, 'hash_malformed', 'password_hash'],
    [8, 'field_unknown', undefined],
    [9, 'field_invalid', 'email_verified'],
    [10, 'field_invalid', 'external_id'],
    [11, 'refused', undefined],
  ]);
  expect(JSON.stringify(told)).not.toMatch(/marker|example\.com|old-/);
  expect(rest).toEqual({ added: 3, known: 0, problems: 9 });
  for (const { email } of good) expect(await readStored(email)).toBeDefined();
});
