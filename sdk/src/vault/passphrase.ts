import { type Bytes, decodeNumber, concat, encodeNumber, encodeText } from './bytes.ts';
import { VaultError } from './errors.ts';

/** What Argon2id costs a guesser: memory in KiB, passes over it, lanes. */
export interface PassphraseCost {
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
}

/** RFC 9106, section 4: the second recommended option, for where 2 GiB are too much. A second or two on a laptop. */
export const RECOMMENDED_COST: PassphraseCost = { memory: 65_536, passes: 3, lanes: 4 };
/** OWASP, Password Storage Cheat Sheet: 19 MiB and two passes at least. */
const LEAST: PassphraseCost = { memory: 19_456, passes: 2, lanes: 1 };
/** A key box comes from the server, which could name 4 GiB to stop the page: four times the recommended memory is enough. */
const MOST: PassphraseCost = { memory: 262_144, passes: 10, lanes: 8 };

export const COST_BYTES = 12;

export function encodeCost({ memory, passes, lanes }: PassphraseCost): Bytes {
  return concat(encodeNumber(memory, 4), encodeNumber(passes, 4), encodeNumber(lanes, 4));
}

export function decodeCost(bytes: Bytes): PassphraseCost {
  return {
    memory: decodeNumber(bytes.slice(0, 4)),
    passes: decodeNumber(bytes.slice(4, 8)),
    lanes: decodeNumber(bytes.slice(8, 12)),
  };
}

/** Throws `unsafe_parameters` for less than OWASP's least, and for more than a device should be made to do. */
export function assertSafeCost(cost: PassphraseCost): void {
  const isSafe = (['memory', 'passes', 'lanes'] as const).every(
    (name) => Number.isInteger(cost[name]) && cost[name] >= LEAST[name] && cost[name] <= MOST[name],
  );
  if (!isSafe) throw new VaultError('unsafe_parameters');
}

/**
 * 32 bytes of Argon2id (RFC 9106, version 0x13) over the passphrase in NFC (RFC 8265, OpaqueString), so that a letter
 * with an accent is one passphrase on all keyboards. Gives the page 10 ms slices.
 */
export async function stretchPassphrase(
  passphrase: string,
  salt: Bytes,
  cost: PassphraseCost,
): Promise<Bytes> {
  assertSafeCost(cost);
  const { argon2idAsync } = await import('@noble/hashes/argon2.js');
  const { memory: m, passes: t, lanes: p } = cost;
  return new Uint8Array(
    await argon2idAsync(encodeText(passphrase.normalize('NFC')), salt, { m, t, p, dkLen: 32 }),
  );
}
