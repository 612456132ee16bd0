import { expect, test } from 'vitest';
import { statement } from '#platform/db';
import { advance } from '@plinth/testkit/factories';
import { type Keeper, openStorage, sha256 } from './fixture.ts';

const storage = await openStorage();
const { app, count, db } = storage;

const leave = (by: Keeper) =>
  db.asMigrator(
    statement('delete from accounts.members where account_id = $1 and user_id = $2', [
      by.accountId,
      by.userId,
    ]),
  );
const vectorOf = (blob: string) => ({
  vectors: [
    { id: 'a', blob: Buffer.from(blob).toString('base64'), checksum: sha256(blob), embedding: [1, 0] },
  ],
});
const kept = async (by: Keeper) => [
  await count(by, 'adiuva.member_heads', `user_id = '${by.userId}'`),
  await count(by, 'adiuva.records', `user_id = '${by.userId}'`),
  await count(by, 'adiuva.backups', `user_id = '${by.userId}'`),
  await count(by, 'vectors.items', `user_id = '${by.userId}'`),
];

test('what a member kept who has left goes after 30 days, with its bytes, and its storage is the account’s again', async () => {
  const by = await storage.keeper();
  const [gone, back] = [await storage.colleagueOf(by), await storage.colleagueOf(by)];
  for (const one of [by, gone, back]) {
    const { json } = await one.put(undefined, '12345');
    await one.put(undefined, '1234567');
    await one.backup('12345678');
    await one.call('POST /v1/storage/vectors/upsert', vectorOf('123'));
    await one.call(`DELETE /v1/storage/records/${String(json['id'])}`);
  }
  await leave(gone);
  await leave(back);
  const ran = () => count(by, 'adiuva.member_heads', 'left_at is not null');
  await advance(db, '1 day');
  await expect.poll(ran).toBe(2);
  await db.asMigrator(
    statement(`insert into accounts.members (account_id, user_id, role) values ($1, $2, 'member')`, [
      back.accountId,
      back.userId,
    ]),
  );
  await advance(db, '1 day');
  await expect.poll(ran).toBe(1);
  expect(await kept(gone)).toEqual([1, 2, 1, 1]);
  await advance(db, '30 days');
  await expect.poll(() => kept(gone)).toEqual([0, 0, 0, 0]);
  for (const one of [by, back]) expect(await kept(one)).toEqual([1, 2, 1, 1]);
  expect([await by.used(), await by.used('backup')]).toEqual([28, 16]);
  await app.modules.blobs.sweep();
  expect(storage.onDisk()).toHaveLength(4);
});
