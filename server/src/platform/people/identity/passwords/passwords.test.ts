import { expect, test } from 'vitest';
import { hashAsInProduction } from '@plinth/testkit/fixtures/argon2';
import '../errors.ts';
import { createPasswords } from './passwords.ts';

hashAsInProduction();

const BUSY = { status: 'rejected', reason: { code: 'busy', status: 503, retryAfter: 2 } };
const HASHED = { status: 'fulfilled' };

test('as many hashes wait as may, and the others are refused at once', async () => {
  const passwords = createPasswords({ running: 1, waiting: 2 });
  const hashes = Array.from({ length: 4 }, (_, n) => passwords.hash(`a password ${n}`));
  expect(() => passwords.assertRoom()).toThrow(expect.objectContaining({ code: 'busy' }));
  expect(await Promise.allSettled(hashes)).toMatchObject([HASHED, HASHED, HASHED, BUSY]);
  passwords.assertRoom();
});

test('a call that has waited for too long is refused when its turn comes, and hands it on', async () => {
  const passwords = createPasswords({ running: 1, waiting: 5, patience: 0 });
  const hashes = Array.from({ length: 3 }, (_, n) => passwords.hash(`a password ${n}`));
  expect(await Promise.allSettled(hashes)).toMatchObject([HASHED, BUSY, BUSY]);
  expect(await passwords.matches('a password', await passwords.hash('a password'))).toBe(true);
});
