import { type Bytes } from './bytes.ts';

/** No record looks smaller: most notes and tasks are of one size. */
const LEAST = 256;

/**
 * The next length of Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with
 * PURBs", PETS 2019): a floating point number with a short mantissa. It leaks O(log log n) bits and adds 12 % at most.
 */
export function paddedLength(length: number): number {
  if (length < 2) return length;
  const exponent = bitsOf(length) - 1;
  const unit = 2 ** (exponent - bitsOf(exponent));
  return Math.ceil(length / unit) * unit;
}

/** Exact, as `Math.log2` need not be. */
const bitsOf = (value: number) => value.toString(2).length;

/** The bytes, 0x80, and zeros up to the next length (ISO/IEC 7816-4). */
export function pad(bytes: Bytes): Bytes {
  const padded = new Uint8Array(paddedLength(Math.max(LEAST, bytes.length + 1)));
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  return padded;
}

/** Undefined where there is no padding. It is read after authentication alone, so that its time reveals nothing. */
export function unpad(padded: Bytes): Bytes | undefined {
  const end = padded.lastIndexOf(0x80);
  return end < 0 || padded.subarray(end + 1).some((byte) => byte !== 0) ? undefined : padded.slice(0, end);
}
