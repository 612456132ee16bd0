import { verify as verifyArgon2 } from '@node-rs/argon2';
import { createCipheriv, createHash, pbkdf2, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Logger } from '#platform/telemetry';
import { type ForeignHash, type HashProblem, readForeignHash, SCRYPT_MEMORY } from './foreign-hashes.ts';

/**
 * In front of a hash that was brought from elsewhere. Ours are of the password in NFKC, theirs of the password as it was
 * typed, and an Argon2id hash of theirs looks as one of ours does.
 */
const MARK = 'imported:';

/** A hash of another system as it is stored, or why it can not be taken. */
export function importedPassword(hash: string): { readonly stored: string } | HashProblem {
  const read = readForeignHash(hash);
  return typeof read === 'string' ? read : { stored: MARK + hash };
}

export function isImported(stored: string): boolean {
  return stored.startsWith(MARK);
}

/**
 * Whether a password belongs to an imported hash. To be called in the pool for hashes: it costs up to a second. One that
 * can not be checked is refused, as a wrong password is, and the log says so.
 */
export async function matchesImported(
  stored: string,
  password: string,
  log: Pick<Logger, 'warn'>,
): Promise<boolean> {
  const foreign = readForeignHash(stored.slice(MARK.length));
  try {
    if (typeof foreign === 'string') throw new Error(foreign);
    return await check(foreign, password);
  } catch (err) {
    log.warn({ err }, 'an imported hash can not be checked: another password is needed');
    return false;
  }
}

async function check(foreign: ForeignHash, password: string): Promise<boolean> {
  switch (foreign.kind) {
    case 'argon2':
      return verifyArgon2(foreign.phc, password);
    case 'bcrypt': {
      // Native code, and few places have such hashes.
      const { verify } = await import('@node-rs/bcrypt');
      return verify(foreign.isOfSha256 ? sha256Hex(password) : password, foreign.hash);
    }
    case 'pbkdf2':
      return timingSafeEqual(await pbkdf2Of(foreign, password), foreign.hash);
    case 'scrypt':
      return timingSafeEqual(await scryptOf(foreign, password, foreign.hash.length), foreign.hash);
    case 'firebase':
      return timingSafeEqual(await firebaseOf(foreign, password), foreign.hash);
  }
}

const sha256Hex = (text: string) => createHash('sha256').update(text).digest('hex');

type Of<Kind extends ForeignHash['kind']> = Extract<ForeignHash, { kind: Kind }>;

function pbkdf2Of({ salt, iterations, hash, digest }: Of<'pbkdf2'>, password: string): Promise<Buffer> {
  return promisify(pbkdf2)(password, salt, iterations, hash.length, digest);
}

function scryptOf(of: Of<'scrypt'> | Of<'firebase'>, password: string, length: number): Promise<Buffer> {
  const { salt, cost, blockSize, parallelism } = of;
  const options = { cost, blockSize, parallelization: parallelism, maxmem: SCRYPT_MEMORY };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, options, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}

/** Firebase's variant encrypts the project's signer key with what scrypt gives (github.com/firebase/scrypt). */
async function firebaseOf(of: Of<'firebase'>, password: string): Promise<Buffer> {
  const key = (await scryptOf(of, password, 64)).subarray(0, 32);
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(of.signerKey);
}
