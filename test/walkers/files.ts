import type { AccountId } from '#platform/kernel';
import type { TestApp } from '../services/app.ts';

/** A file of an account: no call makes one where no product here takes files by an example. */
export async function makeFiles({ app }: TestApp, accountId: AccountId): Promise<void> {
  await app.modules.blobs.of('reel').put({
    accountId,
    filename: 'a file.txt',
    type: 'text/plain',
    purpose: 'document',
    bytes: Buffer.from(`a file of ${accountId}`),
  });
}
