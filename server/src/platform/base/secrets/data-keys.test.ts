import { type AccountId, systemRandom } from '#platform/kernel';
import { makeAccount, ids } from '@plinth/testkit/factories';
import { testDatabase } from '@plinth/testkit/services';
import { beforeEach, expect, test } from 'vitest';
import { commitPoint, statement } from '#platform/db';
import { createDataKeys, createSecrets, newMasterKey, reseal } from './index.ts';

const ERASED = commitPoint('test.data-keys.erased', 'an account of a test, gone');
const keys = [newMasterKey(systemRandom, 'old'), newMasterKey(systemRandom, 'new')] as const;
const secrets = createSecrets({ keys: [keys[0]] });
const { db } = await testDatabase();
const UNREADABLE = expect.objectContaining({ code: 'secret_unreadable' });

let account: AccountId;
beforeEach(async () => {
  ({ accountId: account } = await makeAccount(db));
});

/** As another process has them, that has read none yet. */
const fresh = (by = secrets) => createDataKeys({ db, secrets: by });

test('a text opens again in any process, and is in no two seals the same', async () => {
  const key = await fresh().of(account);
  const [one, two] = [key.seal('Grüße, 你好', 'note/1'), key.seal('Grüße, 你好', 'note/1')];
  expect(one).not.toEqual(two);
  const other = await fresh().of(account);
  for (const sealed of [one, new Uint8Array(two)]) expect(other.open(sealed, 'note/1')).toBe('Grüße, 你好');
});

test('many that come first at once get the one key', async () => {
  const made = await Promise.all(Array.from({ length: 8 }, () => fresh().of(account)));
  const derived = made.map((key) => key.derive('words').export().toString('hex'));
  expect(new Set(derived).size).toBe(1);
});

test('a text opens neither under another account’s key, nor for another row, nor when a byte was changed', async () => {
  const key = await fresh().of(account);
  const other = await fresh().of((await makeAccount(db)).accountId);
  const sealed = key.seal('a secret', 'note/1');
  expect(() => other.open(sealed, 'note/1')).toThrow(UNREADABLE);
  expect(() => key.open(sealed, 'note/2')).toThrow(UNREADABLE);
  for (const at of [0, 1, 14, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => key.open(changed, 'note/1')).toThrow(UNREADABLE);
  }
  for (const cut of [0, 1, 20, sealed.length - 1])
    expect(() => key.open(sealed.subarray(0, cut), 'note/1')).toThrow(UNREADABLE);
});

test('a derived key is of one account and one purpose', async () => {
  const key = await fresh().of(account);
  const other = await fresh().of((await makeAccount(db)).accountId);
  const derived = [key.derive('words'), key.derive('names'), other.derive('words')];
  expect(new Set(derived.map((one) => one.export().toString('hex'))).size).toBe(3);
  expect(derived.map(({ symmetricKeySize }) => symmetricKeySize)).toEqual([32, 32, 32]);
});

test('resealed under a new master key, it opens what it sealed', async () => {
  const sealed = (await fresh().of(account)).seal('a secret', 'note/1');
  await reseal(db, createSecrets({ keys: [keys[1], keys[0]] }));
  const key = await fresh(createSecrets({ keys: [keys[1]] })).of(account);
  expect(key.open(sealed, 'note/1')).toBe('a secret');
  await reseal(db, createSecrets({ keys }));
});

test('of an erased account it is gone, from the process too, and nobody makes another', async () => {
  const long = fresh();
  const here = createDataKeys({ db, secrets, keptFor: 1 });
  const key = await long.of(account);
  expect((await here.of(account)).derive('words').equals(key.derive('words'))).toBe(true);
  await db.system('limits.sweep', ERASED, [
    statement('delete from accounts.accounts where account_id = $1', [account]),
  ]);
  expect(await long.of(account)).toBe(key);
  const refusal = () => here.of(account).catch((error: unknown) => error);
  await expect.poll(refusal).toMatchObject({ code: 'not_found' });
  await expect(fresh().of(ids.next<AccountId>())).rejects.toMatchObject({ code: 'not_found' });
  const left = statement('select 1 from secrets.data_keys where account_id = $1', [account]);
  expect(await db.asMigrator(left)).toEqual([]);
});
