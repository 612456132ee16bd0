import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '#platform/config';
import { AppError, systemRandom } from '#platform/kernel';
import { sealedColumns } from '#platform/secrets';
import { describe, expect, test } from 'vitest';
import {
  engine,
  temporaryFolder,
  testDatabase,
  type TestDatabase,
  testLogin,
  type TestLogin,
} from '@plinth/testkit/services';
import { openSecrets } from '#app';
import { keysState } from './database-check.ts';
import { doctor } from './doctor.ts';
import { keys } from './keys.ts';

const DOCS = readFileSync(join(import.meta.dirname, '../../../docs/keys.md'), 'utf8');

/** Runs a verb as `main.ts` does, and answers the code it ends with and all that it says. */
async function plinth(verb: string, settings: Readonly<Record<string, string>>) {
  let said = '';
  const hear = (text: string | Uint8Array) => {
    said += String(text);
    return true;
  };
  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }));
  for (const { stream } of streams) stream.write = hear;
  try {
    const [name = '', ...words] = verb.split(' ');
    const run = name === 'doctor' ? doctor : keys;
    return { code: await run({ config: readConfig(settings), version: 'test', words }), said };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { code: 1, said: error.message };
  } finally {
    for (const { stream, write } of streams) stream.write = write;
  }
}

async function newKey(name: string): Promise<string> {
  const { code, said } = await plinth(`keys new ${name}`, {});
  expect([code, said]).toEqual([0, expect.stringMatching(/^[\w-]+:[A-Za-z0-9+/]{43}=\n$/)]);
  return said.trim();
}

/** A login that is made as docs/keys.md says, under a name of its own. */
function documentedLogin(database: TestDatabase, name: string): Promise<TestLogin> {
  const lines = DOCS.split('\n').filter((line) => line.includes(` ${name}`) && line.trim().endsWith(';'));
  const [made, ...granted] = lines.map((line) => line.trim().replace(name, '$login'));
  expect([made, granted]).toEqual([
    expect.stringMatching(/^create role \$login login password/),
    [expect.stringMatching(/^grant/)],
  ]);
  return testLogin(database, ...granted);
}

test('a word that is none gets the usage, and so does a name that is none', async () => {
  for (const verb of ['', 'begin', 'list all', 'rotate soon', 'constructor'])
    expect(await plinth(`keys ${verb}`, {})).toMatchObject({
      code: 2,
      said: expect.stringContaining('Usage: plinth keys'),
    });
  expect(await plinth('keys new a.b', {})).toMatchObject({
    code: 2,
    said: expect.stringContaining('at most 32 letters'),
  });
});

describe.runIf(engine === 'postgres')('on PostgreSQL', () => {
  test('the master key is replaced while every secret stays readable, and then the old one can go', async () => {
    const { settings } = await testDatabase();
    const [older, newer] = [await newKey('older'), await newKey('newer')];
    const [before, between, after] = [older, `${newer},${older}`, newer].map((MASTER_KEYS) => ({
      ...settings,
      MASTER_KEYS,
    }));
    if (before === undefined || between === undefined || after === undefined)
      throw new Error('three settings');

    const first = await plinth('keys list', before);
    expect(first.said).toMatch(
      /^signing key \S+: signs, made \S+\nmaster key older: seals, 1 secrets are sealed under it\n$/,
    );
    expect(await plinth('doctor', between)).toMatchObject({
      code: 0,
      said: expect.stringMatching(
        /ok {4}keys +master key newer seals, older open; 1 secrets wait for "plinth keys reseal"/,
      ),
    });
    expect((await plinth('keys reseal', between)).said).toBe(
      '1 secrets were sealed under the master key "newer"\nnothing is sealed under "older" any more: it can go from MASTER_KEYS\n',
    );
    expect(await plinth('keys list', after)).toEqual({ code: 0, said: first.said.replace('older', 'newer') });
    expect(await plinth('doctor', after)).toMatchObject({ code: 0 });
    const lost =
      'Secrets of this database are sealed under the master key "newer", which is not set here. Put it back into MASTER_KEYS, or the file master-keys into DATA_DIR (docs/keys.md).';
    expect(await plinth('keys list', before)).toEqual({ code: 1, said: lost });
    const wrong = { ...settings, MASTER_KEYS: await newKey('newer') };
    for (const verb of ['keys rotate', 'doctor'])
      expect(await plinth(verb, wrong)).toMatchObject({
        code: 1,
        said: expect.stringContaining(
          'The master key "newer" is not the one that sealed the secrets of this database.',
        ),
      });
  });

  test('a secret that does not open is named by its row, and keeps no other under the old key', async () => {
    const { settings, db } = await testDatabase();
    const [older, newer] = [await newKey('older'), await newKey('newer')];
    await plinth('keys list', { ...settings, MASTER_KEYS: older });
    await db.script("update identity.signing_keys set private_jwk = private_jwk || 'AAAA'");
    const done = await plinth('keys reseal', { ...settings, MASTER_KEYS: `${newer},${older}` });
    expect([done.code, done.said.trim().split('\n')]).toEqual([
      1,
      [
        '0 secrets were sealed under the master key "newer"',
        expect.stringMatching(
          /^identity\.signing_keys\.private_jwk\/\S+ does not open, and stays as it is \(docs\/keys\.md\)$/,
        ),
        expect.stringMatching(/^1 of identity\.signing_keys\.private_jwk are sealed under "older"/),
      ],
    ]);
  });

  test('lost master keys can be given up as docs/keys.md says: a new one begins', async () => {
    const database = await testDatabase();
    const settings = { ...database.settings, MASTER_KEYS: await newKey('lost') };
    expect(await plinth('keys list', settings)).toMatchObject({ code: 0 });
    const found = { ...database.settings, MASTER_KEYS: await newKey('found') };
    expect(await plinth('keys list', found)).toMatchObject({ code: 1 });
    const [, sql = ''] = /`(delete from secrets\.master_keys;[^`]*)`/.exec(DOCS) ?? [];
    const places = sealedColumns().filter(
      ({ table }) => !sql.replaceAll(/\s+/g, ' ').includes(`delete from ${table}`),
    );
    expect(places).toEqual([]);
    await database.db.script(sql);
    expect(await plinth('keys list', found)).toEqual({
      code: 0,
      said: expect.stringMatching(/^signing key \S+: signs, made \S+\nmaster key found: seals, 1 secrets/),
    });
  });

  test('the signing key is rotated once, however often that is asked, and at once where it must be', async () => {
    const settings = { ...(await testDatabase()).settings, MASTER_KEYS: await newKey('one') };
    await plinth('keys list', settings);
    const rotated = await plinth('keys rotate', settings);
    expect(rotated.said).toMatch(/^signing key \S+ signs from \S+Z\n$/);
    expect((await plinth('keys rotate', settings)).said).toBe(
      rotated.said.replace('signs', 'was on its way already: it signs'),
    );
    expect((await plinth('keys list', settings)).said).toMatch(
      /: published, made \S+, signs from \S+\n.*: signs, made \S+, verifies until \S+\n/,
    );
    expect((await plinth('keys rotate --at-once', settings)).said).toMatch(
      / signs now; every access token has ended\n$/,
    );
    expect((await plinth('keys list', settings)).said).toMatch(
      /^signing key \S+: signs, made \S+\nmaster key/,
    );
  });

  test('doctor refuses a login of tenants’ work that could pass row security, and says which way', async () => {
    const database = await testDatabase();
    const tenant = await documentedLogin(database, 'plinth_app');
    const system = await documentedLogin(database, 'plinth_worker');
    const settings = {
      ...database.settings,
      MASTER_KEYS: await newKey('one'),
      DATABASE_URL: tenant.url,
      SYSTEM_DATABASE_URL: system.url,
      DIRECT_URL: '',
    };
    expect(await plinth('doctor', settings)).toMatchObject({
      said: expect.stringMatching(/ok {4}database .*, row security binds the login of DATABASE_URL\n/),
    });
    const owners = { ...settings, DIRECT_URL: database.settings['DIRECT_URL'] ?? database.url };
    expect(await plinth('doctor', owners)).toMatchObject({
      said: expect.stringMatching(
        /ok {4}database .*; the login of DIRECT_URL owns the tables: give that one/,
      ),
    });
    await tenant.alter('alter role $login bypassrls');
    const refused = `FAIL  database        The login "${tenant.name}" of DATABASE_URL could pass row security: it has BYPASSRLS. Give tenants' work a login of its own.`;
    const looked = await plinth('doctor', settings);
    await tenant.alter('alter role $login nobypassrls');
    expect([looked.code, looked.said]).toEqual([1, expect.stringContaining(refused)]);
    const away = { ...settings, SYSTEM_DATABASE_URL: 'postgres://a:marker@127.0.0.1:1/a' };
    expect((await plinth('doctor', away)).said).toContain(
      'Nothing answers at the address of SYSTEM_DATABASE_URL',
    );
  });
});

test.runIf(engine === 'postgres')(
  'the embedded master key is made once; without it, or with another, a start says what to put back',
  async () => {
    const { db } = await testDatabase();
    const config = readConfig({ DATA_DIR: temporaryFolder() });
    const begin = () => openSecrets(config, { db, random: systemRandom });
    expect(await keysState(db, config)).toBe('the master key is made at the first start');
    const { current } = await begin();
    expect(await keysState(db, config)).toBe(`master key ${current} seals`);
    const file = join(config.dataDir, 'master-keys');
    const key = readFileSync(file, 'utf8');
    rmSync(file);
    await expect(keysState(db, config)).rejects.toThrow(
      `sealed under the master key "${current}", which is not set here`,
    );
    await expect(begin()).rejects.toThrow('or the file master-keys into DATA_DIR');
    writeFileSync(file, 'garbage');
    await expect(begin()).rejects.toThrow('Put back what it was');
    writeFileSync(file, key);
    expect((await begin()).current).toBe(current);
  },
);
