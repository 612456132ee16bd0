import { type Bytes, encodeText } from './bytes.ts';
import type { KeyRing } from './key-ring.ts';
import { derive } from './seal.ts';

const ROUNDS = 3;

interface Round {
  readonly order: Uint32Array;
  readonly signs: Int8Array;
}

/**
 * A secret rotation of vectors: three rounds of random signs, a random order and a Hadamard transform, each of which keeps
 * all distances (Andoni et al., "Practical and Optimal LSH for Angular Distance", NeurIPS 2015, use the same three in place of
 * a uniformly random rotation). Only sums, differences, products and square roots: all engines compute the same bits.
 *
 * It hides what a vector says by itself, and nothing of how vectors lie to each other: see docs/vault.md.
 */
export function createRotation(ring: KeyRing): (embedding: readonly number[]) => Promise<number[]> {
  const rounds = new Map<number, Promise<Round[]>>();
  return async (embedding) => {
    const size = embedding.length;
    const known = rounds.get(size) ?? deriveRounds(ring, size);
    rounds.set(size, known);
    return (await known).reduce(applyRound, [...embedding]);
  };
}

function applyRound(vector: readonly number[], { order, signs }: Round): number[] {
  const next = Array.from(order, (from, index) => (vector[from] ?? 0) * (signs[index] ?? 1));
  // The largest power of two that fits is transformed at the front, then at the end: the two overlap unless they are one.
  const span = 2 ** (31 - Math.clz32(Math.max(1, next.length)));
  transform(next, 0, span);
  if (span < next.length) transform(next, next.length - span, span);
  return next;
}

/** The orthonormal fast Walsh-Hadamard transform of a part, in place. */
function transform(vector: number[], start: number, span: number): void {
  const scale = 1 / Math.sqrt(span);
  for (let half = 1; half < span; half *= 2)
    for (let block = start; block < start + span; block += 2 * half)
      for (let index = block; index < block + half; index += 1) {
        const [one, other] = [vector[index] ?? 0, vector[index + half] ?? 0];
        vector[index] = one + other;
        vector[index + half] = one - other;
      }
  for (let index = start; index < start + span; index += 1) vector[index] = (vector[index] ?? 0) * scale;
}

/** From the first epoch's key, which stays in the key box for good: the rotation outlives all changes of keys. */
async function deriveRounds({ account, epochs }: KeyRing, size: number): Promise<Round[]> {
  const [first] = epochs;
  if (first === undefined) return [];
  const info = encodeText(`plinth vault 1 rotation\0${account}\0${size}`);
  const secret = await derive(first.key, { salt: new Uint8Array(), info, length: 32 });
  const key = await crypto.subtle.importKey('raw', secret, 'AES-CTR', false, ['encrypt']);
  const options = { name: 'AES-CTR', counter: new Uint8Array(16), length: 64 };
  // Eight bytes for each place of each round: four for its order, one for its sign.
  const zeros = new Uint8Array(ROUNDS * size * 8);
  const random: Bytes = new Uint8Array(await crypto.subtle.encrypt(options, key, zeros));
  const view = new DataView(random.buffer);
  return Array.from({ length: ROUNDS }, (_, round) => {
    const order = Uint32Array.from({ length: size }, (_unused, index) => index);
    const signs = new Int8Array(size);
    for (let index = size - 1; index >= 0; index -= 1) {
      const at = (round * size + index) * 8;
      signs[index] = view.getUint8(at + 4) < 128 ? 1 : -1;
      // Fisher and Yates. A remainder of 2^32 by a few thousand favours no place by more than one in a million.
      const other = view.getUint32(at) % (index + 1);
      const kept = order[index] ?? 0;
      order[index] = order[other] ?? 0;
      order[other] = kept;
    }
    return { order, signs };
  });
}
