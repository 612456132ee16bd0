import { commitPoint, statement } from '#platform/db';
import { countSealed, sealedColumns } from '#platform/secrets';
import { expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';

const MAILED = commitPoint('test.secrets.mailed', 'a mail with a link that signs somebody in');
const LINK = 'http://plinth.test/v1/auth/reset-password/ple_marker-of-this-test';

/** Columns whose names sound like secrets, and are none that could be sealed. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'identity.passkeys.credential_id': 'public: it is told to any caller who asks to sign in',
};

// Without a worker mails stay where they are stored.
const app = await testApp({ work: false });
const { db } = app;
const { secrets, mail, identity } = app.app.modules;

/** Every row of every table, as text. */
async function dump(): Promise<{ table: string; row: string }[]> {
  const tables = await db.asMigrator(
    statement<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema')`,
    ),
  );
  const rows: { table: string; row: string }[] = [];
  for (const { name } of tables) {
    const found = await db.asMigrator(
      statement<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t`),
    );
    rows.push(...found.map(({ row }) => ({ table: name, row })));
  }
  return rows;
}

/** Makes one of each secret that the server has to be able to read again. */
async function makeSecrets(): Promise<string[]> {
  const admin = await app.admin();
  const url = 'http://127.0.0.1:9/hook';
  const made = await app.call(admin.key, 'POST /v1/admin/webhooks', { body: { url } });
  const rotated = await app.call(admin.key, `POST /v1/admin/webhooks/${String(made.body['id'])}/rotate`, {
    body: {},
  });
  await db.tenant(
    admin.accountId,
    MAILED,
    mail.sending({
      to: admin.email,
      template: 'reset_password',
      facts: { link: LINK, hours: 1 },
      accountId: admin.accountId,
    }),
  );
  await identity.ready();
  const [key] = await db.asMigrator(
    statement<{ kid: string; private_jwk: string }>('select kid, private_jwk from identity.signing_keys'),
  );
  const jwk = secrets.open(key?.private_jwk ?? '', `identity.signing_keys.private_jwk/${key?.kid}`);
  const whsec = [made, rotated].map(({ body }) => String(body['secret']).slice('whsec_'.length));
  return [...whsec, 'ple_marker-of-this-test', (JSON.parse(jwk) as { d: string }).d];
}

const markers = await makeSecrets();

test('no secret that the server can read stands in the database as it is, and all are under the master key', async () => {
  expect(markers.filter((marker) => marker.length < 20)).toEqual([]);
  const rows = await dump();
  expect(new Set(rows.map(({ table }) => table)).size).toBeGreaterThan(10);
  expect(rows.filter(({ row }) => markers.some((marker) => row.includes(marker)))).toEqual([]);
  const counts = await countSealed(db);
  expect(counts.map(({ place }) => place)).toEqual(
    expect.arrayContaining([
      'identity.signing_keys.private_jwk',
      'mail.messages.facts',
      'webhooks.endpoints.former_secret',
      'webhooks.endpoints.secret',
    ]),
  );
  expect(counts.filter(({ key_id }) => key_id !== secrets.current)).toEqual([]);
});

test('what is sealed stands in declared columns alone, so that a new master key reaches all of it', async () => {
  const places = sealedColumns().map(({ table, column }) => `${table}.${column}`);
  const elsewhere = (await dump()).flatMap(({ table, row }) =>
    Object.entries(JSON.parse(row) as Record<string, unknown>)
      .filter(([, value]) => /ps1\.[\w-]+\.[\w-]{40}/.test(JSON.stringify(value)))
      .map(([column]) => `${table}.${column}`)
      .filter((place) => !places.includes(place) && place !== 'secrets.master_keys.proof'),
  );
  expect(elsewhere).toEqual([]);
});

test('every column that by its name holds a secret is sealed, or is an exception with a reason', async () => {
  const columns = await db.asMigrator(
    statement<{ place: string }>(
      `select format('%I.%I.%I', table_schema, table_name, column_name) as place from information_schema.columns
       where table_schema not in ('pg_catalog', 'information_schema') and data_type in ('text', 'jsonb', 'json', 'bytea')
         and column_name ~ 'secret|private|token|password|credential|verifier|nonce|seed|otp|facts'
         and column_name !~ '_hash$|_version$'`,
    ),
  );
  const sealed = sealedColumns().map(({ table, column }) => `${table}.${column}`);
  const open = columns.map(({ place }) => place).filter((place) => !sealed.includes(place));
  expect(open.toSorted()).toEqual(Object.keys(EXCEPTIONS).toSorted());
});
