import { statement } from '#platform/db';
import { type AccountId, sha256, type UserId } from '#platform/kernel';
import type { TestApp } from '@plinth/testkit/services/app';

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

/** Files of an account, one of them a logo: no example of a call sends one. */
export async function makeFiles({ app }: TestApp, accountId: AccountId): Promise<void> {
  await app.modules.blobs.of('orbit').put({
    accountId,
    filename: 'a file.txt',
    type: 'text/plain',
    purpose: 'document',
    bytes: Buffer.from(`a file of ${accountId}`),
  });
  await app.modules.blobs.of('orbit').put({
    accountId,
    filename: 'logo.png',
    type: 'image/png',
    purpose: 'logo',
    bytes: PNG,
  });
}

/** A backup of a member: no example can say what its headers do. */
export async function makeBackup(
  { app, db }: TestApp,
  { userId }: { readonly userId: UserId },
  accountId: AccountId,
): Promise<void> {
  const bytes = Buffer.from(`a backup of ${userId} in ${accountId}`);
  const { ids, blobs } = app.modules;
  const file = { filename: 'backup', type: 'application/octet-stream', purpose: 'backup', gauge: 'backup' };
  const { id } = await blobs.of('adiuva').put({ ...file, accountId, bytes, createdBy: userId });
  await db.asMigrator(
    statement(
      `with head as (
         insert into adiuva.member_heads as h (account_id, user_id, seq) values ($1, $2, 1)
         on conflict (account_id, user_id) do update set seq = h.seq + 1 returning seq)
       insert into adiuva.backups (account_id, user_id, id, seq, blob_id, bytes, checksum, version, made_at, chunk_count)
       select $1, $2, $3, seq, $4, $5, $6, 1, 1795000000000, 1 from head`,
      [accountId, userId, ids.next(), id, bytes.length, sha256(bytes)],
    ),
  );
}
