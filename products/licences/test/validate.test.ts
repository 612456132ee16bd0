import type { Database, Statement } from '#platform/db';
import { type AccountId, systemRandom } from '#platform/kernel';
import { describe, expect, test } from 'vitest';
import { newKey } from '../licenses/key.ts';
import { createLicenses } from '../licenses/license.ts';
import { validity } from '../machines/validity.ts';
import { testApp } from '@plinth/testkit/services/app';
import { machine, office } from './sessions/office.ts';

const app = await testApp({ work: false, settings: { TRUSTED_PROXIES: '127.0.0.1' } });
const at = await office(app);
const hardware_id = machine('a');
const unknown = newKey(systemRandom);

/** Asked from an address of its own. */
const validate = (body: object, ip = '192.0.2.1') =>
  app.call(undefined, 'POST /v1/licenses/validate', { body, headers: { 'x-forwarded-for': ip } });

/** A database that keeps what it is asked: by which verb, and with which statements. */
function watchDatabase(db: Database): { readonly db: Database; readonly asked: string[] } {
  const asked: string[] = [];
  const note = (verb: string, statements: readonly Statement[]) =>
    void asked.push(`${verb}: ${statements.map(({ text }) => text).join('; ')}`);
  const tenant = (account: AccountId, statements: readonly Statement[]) => {
    note('tenant', statements);
    return db.tenant(account, statements);
  };
  const system = (use: Parameters<Database['system']>[0], statements: readonly Statement[]) => {
    note('system', statements);
    return db.system(use, statements);
  };
  return { db: { ...db, tenant, system } as Database, asked };
}

describe('a validation of a key', () => {
  test('makes the server do the same for an unknown key as for a known one', async () => {
    const { secrets } = app.app.modules;
    for (const hardwareId of [undefined, hardware_id]) {
      const work = async (licenseKey: string) => {
        const { db, asked } = watchDatabase(app.db);
        const { status } = await validity({ db, secrets }, { licenseKey, hardwareId });
        return { status, asked };
      };
      const [known, none] = [await work(at.key), await work(unknown)];
      expect([known.status, none.status]).toEqual(['active', 'unknown']);
      expect(known.asked).toHaveLength(hardwareId === undefined ? 2 : 3);
      expect(none.asked).toEqual(known.asked);
    }
  });

  test('is told of a typing error, and the database is asked nothing', async () => {
    const { secrets } = app.app.modules;
    const { db, asked } = watchDatabase(app.db);
    const typo = `${at.key.slice(0, -1)}${at.key.endsWith('0') ? '1' : '0'}`;
    const malformed = { code: 'license_key_malformed' };
    await expect(validity({ db, secrets }, { licenseKey: typo })).rejects.toMatchObject(malformed);
    await expect(createLicenses({ db, secrets }).byKey(typo)).rejects.toMatchObject(malformed);
    expect(asked).toEqual([]);
    await createLicenses({ db, secrets }).byKey(at.key);
    expect(asked).not.toEqual([]);
  });

  test('names the machine by hardware_id or machine_id, and not by both', async () => {
    const [license_key, machine_id] = [at.key, hardware_id];
    expect((await validate({ license_key, machine_id })).body).toMatchObject({ valid: false });
    await app.call(undefined, 'POST /v1/licenses/activate', { body: { license_key, hardware_id } });
    for (const by of [{ hardware_id }, { machine_id }])
      expect((await validate({ license_key, ...by })).body).toMatchObject({ valid: true });
    expect((await validate({ license_key, hardware_id, machine_id })).status).toBe(400);
  });

  test('does so sixty times a minute from one address, whichever keys are asked for', async () => {
    const keys = Array.from({ length: 150 }, (_, n) => (n % 2 === 0 ? at.key : newKey(systemRandom)));
    const answers = await Promise.all(keys.map((license_key) => validate({ license_key }, '192.0.2.2')));
    const good = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 429);
    // A minute may end in between; then up to as many are answered again.
    expect(good.length).toBeGreaterThanOrEqual(60);
    expect(good.length).toBeLessThanOrEqual(120);
    expect(good.length + refused.length).toBe(keys.length);
    expect(refused[0]?.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await validate({ license_key: at.key }, '192.0.2.3')).status).toBe(200);
  });
});
