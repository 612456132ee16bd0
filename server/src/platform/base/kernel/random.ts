import { randomBytes } from 'node:crypto';

/** Randomness is passed in, so that tests can repeat a run. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1): for jitter, never for secrets. */
  uniform(): number;
}

/** One call to the system costs 5–10 µs for any size, and each request takes a handful of ids: 4 KiB serve 256 of them. */
const POOL_SIZE = 4_096;
let pool = new Uint8Array(0);
let used = 0;

export const systemRandom: Random = {
  bytes(length) {
    if (length > POOL_SIZE) return randomBytes(length);
    if (used + length > pool.length) {
      // A plain array: `slice` of a Buffer is no copy, and what was handed out would be wiped with the pool.
      pool = new Uint8Array(randomBytes(POOL_SIZE));
      used = 0;
    }
    const bytes = pool.slice(used, used + length);
    // Bytes that were handed out are not kept: they may become a secret.
    pool.fill(0, used, used + length);
    used += length;
    return bytes;
  },
  uniform: () => Math.random(),
};
