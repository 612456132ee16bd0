/** What WebCrypto takes and gives. */
export type Bytes = Uint8Array<ArrayBuffer>;
/** A key of WebCrypto, by a name that browsers and Node agree on. */
export type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export const encodeText = (text: string): Bytes => new Uint8Array(encoder.encode(text));
/** Throws a TypeError where it is no UTF-8. */
export const decodeText = (bytes: Bytes): string => decoder.decode(bytes);
export const randomBytes = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));
export const sha256 = async (bytes: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** An unsigned number, the highest byte first. */
export function encodeNumber(value: number, length: 4 | 8): Bytes {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  if (length === 4) view.setUint32(0, value);
  else view.setBigUint64(0, BigInt(value));
  return bytes;
}

export function decodeNumber(bytes: Bytes): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

/** Texts and bytes as one, each behind its length (4 bytes): no two lists give the same bytes. */
export function joinParts(...parts: readonly (string | Bytes)[]): Bytes {
  const encoded = parts.map((part) => (typeof part === 'string' ? encodeText(part) : part));
  return concat(...encoded.flatMap((part) => [encodeNumber(part.length, 4), part]));
}

/** The parts that `joinParts` joined; undefined where the bytes are something else. */
export function splitParts(bytes: Bytes): Bytes[] | undefined {
  const parts: Bytes[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at + 4;
    const end = start + decodeNumber(bytes.slice(at, start));
    if (start > bytes.length || end > bytes.length) return undefined;
    parts.push(bytes.slice(start, end));
    at = end;
  }
  return parts;
}

/** Compares in a time that does not tell where the first difference is. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (const [index, byte] of one.entries()) difference |= byte ^ (other[index] ?? 0);
  return difference === 0;
}

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** In slices: a call takes some ten thousand arguments at most. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8_192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(text);
}

export const fromBase64 = (text: string): Bytes =>
  Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
