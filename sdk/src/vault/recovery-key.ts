import { type Bytes, concat, equalBytes, sha256 } from './bytes.ts';
import { VaultError } from './errors.ts';

/** Crockford's base 32: no I, L, O and U, which are taken for 1, 1 and 0 when a key is typed. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const KEY_BYTES = 32;
const CHECK_BYTES = 3;

/** A recovery key as people print it: 280 bits in 14 groups of four letters, the last 24 bits being a checksum. */
export async function printRecoveryKey(key: Bytes): Promise<string> {
  const check = (await sha256(key)).slice(0, CHECK_BYTES);
  let bits = 0n;
  for (const byte of concat(key, check)) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let left = 56; left > 0; left -= 1) {
    text = (LETTERS[Number(bits & 31n)] ?? '') + text;
    bits >>= 5n;
  }
  return (text.match(/.{4}/g) ?? []).join('-');
}

/** What was printed, typed by hand: in small letters, with other spaces, with O for 0. */
export async function readRecoveryKey(typed: string): Promise<Bytes> {
  const text = typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  if (text.length !== 56) throw new VaultError('mistyped_recovery_key');
  let bits = 0n;
  for (const letter of text) {
    const value = LETTERS.indexOf(letter);
    if (value < 0) throw new VaultError('mistyped_recovery_key');
    bits = (bits << 5n) | BigInt(value);
  }
  const bytes = new Uint8Array(KEY_BYTES + CHECK_BYTES);
  for (let index = bytes.length - 1; index >= 0; index -= 1) {
    bytes[index] = Number(bits & 255n);
    bits >>= 8n;
  }
  const key = bytes.slice(0, KEY_BYTES);
  const check = (await sha256(key)).slice(0, CHECK_BYTES);
  if (!equalBytes(check, bytes.slice(KEY_BYTES))) throw new VaultError('mistyped_recovery_key');
  return key;
}
