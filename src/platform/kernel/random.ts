import { randomBytes } from 'node:crypto';

/** Randomness is passed in, so that tests can repeat a run. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1): for jitter, never for secrets. */
  uniform(): number;
}

export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  uniform: () => Math.random(),
};
