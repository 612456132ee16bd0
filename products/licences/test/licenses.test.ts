import { constants, createPublicKey, verify } from 'node:crypto';
import { statement } from '#platform/db';
import { createSecrets } from '#platform/secrets';
import canonicalize from 'canonicalize';
import { decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { newKey } from '../licenses/key.ts';
import { createLicenses } from '../licenses/license.ts';
import { rehash } from '../licenses/rotation.ts';
import { createSigningKeys } from '#platform/signing';
import { createSigning } from '../signing/signing.ts';
import { LICENSE_KEYS } from '../signing/store.ts';
import { systemRandom } from '#platform/kernel';
import { coditectFixture, HARDWARE } from './fixture.ts';

const fixture = await coditectFixture();
const { app, audited, call, customer, db, later, licensee, sandbox } = fixture;
const { clock, secrets } = app.modules;
const unknown = newKey(systemRandom);

const hardware = (number: number) => `hardware-${String(number).padStart(6, '0')}`;
const code = ({ body }: { readonly body: Readonly<Record<string, unknown>> }) =>
  (body['error'] as { readonly code: string } | undefined)?.code;
const validate = (license_key: string, more = {}) =>
  call(undefined, 'POST /v1/licenses/validate', { body: { license_key, ...more } });

const admin = await fixture.admin();

/** Has another key sign, by the admin's call. Answers its id. */
async function rotate(key: string): Promise<string> {
  const headers = { 'idempotency-key': key };
  const { body, status } = await call(admin.key, 'POST /v1/admin/licenses/signing-keys', {
    headers,
    body: { kind: 'ed25519' },
  });
  expect(status).toBe(201);
  return String(body['key_id']);
}

const publicKeys = async () =>
  (await call(undefined, 'GET /.well-known/license-keys')).body['keys'] as readonly {
    kid: string;
    pem: string;
  }[];

describe('a machine', () => {
  test('is activated once, however often it asks, and the licence with the first', async () => {
    const ada = await licensee();
    const first = await ada.activate(HARDWARE[0], { name: 'Ada’s laptop' });
    expect(first).toMatchObject({
      status: 200,
      body: {
        license: { status: 'active', tier: 'starter', max_seats: 3, machines_used: 1, license_key: null },
        machine: { hardware_id: HARDWARE[0] },
        max_seats: 3,
        already_activated: false,
      },
    });
    const again = await ada.activate(HARDWARE[0]);
    expect(again.body).toEqual({ ...first.body, already_activated: true });
    expect(await ada.license()).toMatchObject({ activated_at: expect.any(String), machines_used: 1 });
    const { body } = await call(ada.who.key, `GET /v1/licenses/${await ada.id()}/machines`);
    expect(body['data']).toMatchObject([{ hardware_id: HARDWARE[0], name: 'Ada’s laptop' }]);
    expect(await audited(ada.who)).toEqual(['issued', 'activated']);
  });

  test('that asks eight times at once is activated once', async () => {
    const ada = await licensee();
    const all = await Promise.all(Array.from({ length: 8 }, () => ada.activate(HARDWARE[0])));
    const fresh = all.filter(({ body }) => body['already_activated'] === false);
    expect([fresh.length, new Set(all.map(({ status }) => status))]).toEqual([1, new Set([200])]);
    expect(await ada.license()).toMatchObject({ machines_used: 1 });
    expect(await audited(ada.who)).toEqual(['issued', 'activated']);
  });

  test('gets the last place alone, of eight that come at once', async () => {
    const ada = await licensee();
    for (let number = 0; number < 8; number += 1) await ada.activate(hardware(number));
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, number) => ada.activate(hardware(8 + number))),
    );
    expect(all.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, ...Array(7).fill(409)]);
    const refused = all.find(({ status }) => status === 409);
    expect(refused?.body['error']).toMatchObject({
      code: 'machines_exhausted',
      details: { used: 9, max: 9 },
    });
    expect(await ada.license()).toMatchObject({ machines_used: 9 });
  });

  test('is taken off as often in a month as there are seats, and its place is another’s', async () => {
    const ada = await licensee();
    for (let number = 0; number < 4; number += 1) await ada.activate(hardware(number));
    for (let number = 0; number < 3; number += 1)
      expect((await ada.deactivate(hardware(number))).status).toBe(204);
    // An unknown machine is not removed.
    expect((await ada.deactivate(hardware(0))).status).toBe(204);
    const fourth = await ada.deactivate(hardware(3));
    expect([fourth.status, code(fourth)]).toEqual([429, 'deactivations_exhausted']);
    expect(await ada.license()).toMatchObject({ machines_used: 1 });
    await ada.activate(hardware(0));
    expect(await ada.license()).toMatchObject({ machines_used: 2 });
    const { details } = fourth.body['error'] as { details: { resets_at: string } };
    await later((Date.parse(details.resets_at) - sandbox.now().getTime()) / 86_400_000 + 0.1);
    expect((await ada.deactivate(hardware(3))).status).toBe(204);
  });

  test('says who it is in ten characters or more, by either name, and not by both', async () => {
    const ada = await licensee();
    const license_key = await ada.key();
    const refused = [{ hardware_id: 'short' }, {}, { hardware_id: HARDWARE[0], machine_id: HARDWARE[0] }];
    for (const body of refused)
      expect(
        (await call(undefined, 'POST /v1/licenses/activate', { body: { license_key, ...body } })).status,
      ).toBe(400);
    const named = { license_key, machine_id: HARDWARE[1] };
    expect((await call(undefined, 'POST /v1/licenses/activate', { body: named })).status).toBe(200);
  });
});

describe('a key', () => {
  test('that has a typing error is told from one that is unknown', async () => {
    const typo = `${unknown.slice(0, -1)}${unknown.endsWith('0') ? '1' : '0'}`;
    const activate = (license_key: string) =>
      call(undefined, 'POST /v1/licenses/activate', { body: { license_key, hardware_id: HARDWARE[0] } });
    expect(code(await activate(typo))).toBe('license_key_malformed');
    expect(code(await activate(unknown))).toBe('license_not_found');
    expect(code(await call(undefined, `GET /v1/licenses/${unknown}/status`))).toBe('license_not_found');
    expect(code(await validate(typo))).toBe('license_key_malformed');
  });

  test('is shown to owners and admins alone, and stands nowhere in the database', async () => {
    const ada = await licensee();
    const key = await ada.key();
    const other = await customer();
    expect(code(await call(other.key, `GET /v1/licenses/${await ada.id()}`))).toBe('not_found');
    const rows = await db.asMigrator(
      statement<{ row: string }>('select to_jsonb(l)::text as row from coditect.licenses l'),
    );
    const digits = key.slice('CODITECT-'.length);
    for (const { row } of rows)
      for (const part of [digits, digits.replaceAll('-', '')]) expect(row).not.toContain(part);
  });

  test('is asked for by anybody, and an unknown one is answered in the shape of a known one', async () => {
    const ada = await licensee();
    await ada.activate(HARDWARE[0]);
    const key = await ada.key();
    const good = await validate(key.toLowerCase().replaceAll('-', ' '));
    expect(good).toMatchObject({
      status: 200,
      body: { valid: true, status: 'active', tier: 'starter', max_seats: 3 },
    });
    expect((await validate(key, { hardware_id: HARDWARE[0] })).body).toMatchObject({ valid: true });
    expect((await validate(key, { hardware_id: HARDWARE[1] })).body).toMatchObject({ valid: false });
    const none = await validate(unknown);
    expect(none.body).toEqual({
      valid: false,
      status: 'unknown',
      tier: null,
      expires_at: null,
      max_seats: null,
    });
    expect([none.status, Object.keys(none.body)]).toEqual([200, Object.keys(good.body)]);
  });

  test('can be another one from one moment to the next, and the former is nobody’s', async () => {
    const ada = await licensee();
    const [former, id] = [await ada.key(), await ada.id()];
    const headers = { 'idempotency-key': 'rotate-1' };
    const requestNewKey = () => call(ada.who.key, `POST /v1/licenses/${id}/key`, { headers });
    const { body } = await requestNewKey();
    expect(body['license_key']).not.toBe(former);
    expect(await ada.key()).toBe(body['license_key']);
    expect((await requestNewKey()).body).toEqual({ license_key: null });
    expect((await validate(former)).body).toMatchObject({ status: 'unknown' });
    expect((await ada.activate(HARDWARE[0])).status).toBe(200);
  });

  test('is found under a former master key, and without it once its hash is renewed', async () => {
    const ada = await licensee();
    const key = await ada.key();
    const [old, fresh] = ['old', 'fresh'].map((id) => ({ id, bytes: systemRandom.bytes(32) }));
    if (old === undefined || fresh === undefined) throw new Error('two keys were made');
    const under = (...keys: (typeof old)[]) => ({ db, secrets: createSecrets({ keys }) });
    const find = async (parts: ReturnType<typeof under>) => (await createLicenses(parts).byKey(key)).id;
    const id = await ada.id();
    await rewrite(ada.who.accountId, { key, secrets: under(old).secrets });
    expect(await find(under(old))).toBe(id);
    expect(await find(under(fresh, old))).toBe(id);
    await expect(find(under(fresh))).rejects.toMatchObject({ code: 'license_not_found' });
    // Others are sealed under the server's own.
    await rehashOne(ada.who.accountId, under(fresh, old));
    expect(await find(under(fresh))).toBe(id);
    await rewrite(ada.who.accountId, { key, secrets });
  });
});

/** Seals and hashes a licence's key under other master keys. */
async function rewrite(accountId: string, { key, secrets: by }: { key: string; secrets: typeof secrets }) {
  const [row] = await db.asMigrator(
    statement<{ id: string }>('select id from coditect.licenses where account_id = $1', [accountId]),
  );
  const place = `coditect.licenses.key_sealed/${accountId}/${row?.id}`;
  await db.asMigrator(
    statement(
      'update coditect.licenses set key_hash = $2, key_hash_by = $3, key_sealed = $4 where account_id = $1',
      [accountId, by.derived(key, 'coditect.licenses.key_hash')[0], by.current, by.seal(key, place)],
    ),
  );
}

/** The hashes of one account's licence are renewed; those of others, whose master key is not here, are left. */
async function rehashOne(accountId: string, parts: Parameters<typeof rehash>[0]) {
  const others = 'update coditect.licenses set key_hash_by = $2 where account_id <> $1';
  await db.asMigrator(statement(others, [accountId, parts.secrets.current]));
  expect(await rehash(parts)).toBe(1);
  expect(await rehash(parts)).toBe(0);
  await db.asMigrator(statement(others, [accountId, secrets.current]));
}

describe('a session’s token', () => {
  const signing = createSigning({ keys: createSigningKeys({ db, clock, secrets, store: LICENSE_KEYS }) });

  test('is verified without regard to its times', async () => {
    const token = await signing.sign({ sid: 'one', exp: 1 });
    expect(await signing.verify(token)).toEqual({ sid: 'one', exp: 1 });
    const parts = token.split('.');
    const forged = [parts[0], Buffer.from('{"sid":"two"}').toString('base64url'), parts[2]].join('.');
    for (const bad of [forged, '', 'a.b.c', `${token}x`, token.slice(0, -2)])
      await expect(signing.verify(bad)).rejects.toMatchObject({ code: 'token_invalid' });
  });

  test('goes on being good after its key was followed by another, on every process', async () => {
    const other = createSigning({ keys: createSigningKeys({ db, clock, secrets, store: LICENSE_KEYS }) });
    const former = await signing.sign({ sid: 'one' });
    await other.verify(former);
    const fresh = await rotate('rotate-signing-1');
    expect(await rotate('rotate-signing-1')).toBe(fresh);
    const late = createSigning({ keys: createSigningKeys({ db, clock, secrets, store: LICENSE_KEYS }) });
    const token = await late.sign({ sid: 'two' });
    expect(decodeProtectedHeader(token).kid).toBe(fresh);
    for (const one of [signing, other, late]) {
      expect(await one.verify(former)).toEqual({ sid: 'one' });
      expect(await one.verify(token)).toEqual({ sid: 'two' });
    }
  });
});

describe('a signed file', () => {
  interface SignedFile {
    readonly license: Readonly<Record<string, unknown>>;
    readonly signatures: readonly { key_id: string; algorithm: string; signature: string }[];
  }
  async function isGood({ license, signatures }: SignedFile): Promise<boolean[]> {
    const bytes = Buffer.from(canonicalize(license) ?? '');
    const keys = await publicKeys();
    return signatures.map(({ key_id, algorithm, signature }) => {
      const key = createPublicKey(keys.find(({ kid }) => kid === key_id)?.pem ?? '');
      const sealed = Buffer.from(signature, 'base64');
      return algorithm === 'EdDSA'
        ? verify(null, bytes, key, sealed)
        : verify('sha256', bytes, { key, padding: constants.RSA_PKCS1_PADDING }, sealed);
    });
  }

  test('says what the licence is, is signed twice, is the same each time, and stays good when keys are followed by others', async () => {
    const ada = await licensee('pro');
    const id = await ada.id();
    const { headers, body } = await call(ada.who.key, `GET /v1/licenses/${id}/download`);
    expect(headers.get('content-disposition')).toBe('attachment; filename="license.signed.json"');
    const file = body as unknown as SignedFile;
    expect(file.license).toMatchObject({ license_id: id, tier: 'pro', max_seats: 10, max_machines: 30 });
    const { expires_at: ends } = await ada.license();
    const until = new Date(Date.parse(String(ends)) + 7 * 86_400_000).toISOString();
    expect(file.license['expires_at']).toBe(until);
    expect(await isGood(file)).toEqual([true, true]);
    expect((await call(ada.who.key, `GET /v1/licenses/${id}/download`)).body).toEqual(body);
    const seats = { ...file, license: { ...file.license, max_seats: 1_000 } };
    expect(await isGood(seats)).toEqual([false, false]);
    await Promise.all([rotate('rotate-signing-2'), rotate('rotate-signing-3')]);
    await later(0.01);
    expect(await isGood(file)).toEqual([true, true]);
  });
});
