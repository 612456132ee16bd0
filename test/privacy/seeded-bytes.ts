import { createCipheriv, createHash } from 'node:crypto';

const POOL = 65_536;

/** Random bytes that a seed repeats: the key stream of AES-128 in counter mode. */
export function seededBytes(seed: string): { bytes(length: number): Uint8Array } {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16));
  let pool = new Uint8Array(0);
  let used = 0;
  return {
    bytes(length) {
      if (used + length > pool.length) {
        pool = cipher.update(new Uint8Array(Math.max(POOL, length)));
        used = 0;
      }
      used += length;
      return pool.subarray(used - length, used);
    },
  };
}
