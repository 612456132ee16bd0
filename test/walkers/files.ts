import type { AccountId } from '#platform/kernel';
import type { TestApp } from '../services/app.ts';

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
