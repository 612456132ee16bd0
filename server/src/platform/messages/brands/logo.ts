/** Bytes. */
export const MOST_LOGO_BYTES = 128 * 1024;
/** Pixels on a side: a small file can be an image that no browser has the memory for. */
const MOST_PIXELS = 2_000;

export interface Logo {
  readonly type: 'image/png' | 'image/jpeg' | 'image/webp';
  readonly width: number;
  readonly height: number;
}

/** The kind and size of an image, by its own bytes; a sentence that says what is wrong. */
export function readLogo(bytes: Buffer): Logo | string {
  if (bytes.length > MOST_LOGO_BYTES) return `A logo has at most ${MOST_LOGO_BYTES} bytes.`;
  const logo = png(bytes) ?? jpeg(bytes) ?? webp(bytes);
  if (logo === undefined) return 'A logo is a PNG, a JPEG or a WebP image.';
  const { width, height } = logo;
  if (Math.min(width, height) < 1 || Math.max(width, height) > MOST_PIXELS)
    return `A logo has 1 to ${MOST_PIXELS} pixels on each side; this one has ${width} by ${height}.`;
  return logo;
}

/** ISO/IEC 15948, 5.2 and 11.2.2: the signature, and IHDR as the first chunk; IEND is the last. */
function png(bytes: Buffer): Logo | undefined {
  if (bytes.length < 45 || bytes.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') return undefined;
  if (
    bytes.toString('latin1', 12, 16) !== 'IHDR' ||
    bytes.toString('latin1', bytes.length - 8, bytes.length - 4) !== 'IEND'
  )
    return undefined;
  return { type: 'image/png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** ITU-T T.81, B.1: segments from SOI on; a start of frame (SOF0 to SOF15 but DHT, JPG and DAC) holds the size. EOI is the end. */
function jpeg(bytes: Buffer): Logo | undefined {
  if (
    bytes.length < 20 ||
    bytes.readUInt16BE(0) !== 0xff_d8 ||
    bytes.readUInt16BE(bytes.length - 2) !== 0xff_d9
  )
    return undefined;
  for (let at = 2; at + 9 < bytes.length; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes.readUInt8(at + 1);
    if (bytes.readUInt8(at) !== 0xff) return undefined;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { type: 'image/jpeg', width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
  }
  return undefined;
}

const webpOf = (width: number, height: number): Logo => ({ type: 'image/webp', width, height });

/** RFC 9649: a RIFF file whose first chunk is VP8, VP8L or VP8X. */
function webp(bytes: Buffer): Logo | undefined {
  if (
    bytes.length < 30 ||
    bytes.toString('latin1', 0, 4) !== 'RIFF' ||
    bytes.toString('latin1', 8, 12) !== 'WEBP'
  )
    return undefined;
  if (bytes.readUInt32LE(4) + 8 !== bytes.length) return undefined;
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return webpOf(bytes.readUInt16LE(26) & 0x3f_ff, bytes.readUInt16LE(28) & 0x3f_ff);
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return webpOf((bits & 0x3f_ff) + 1, ((bits >>> 14) & 0x3f_ff) + 1);
    }
    case 'VP8X':
      return webpOf(bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1);
    default:
      return undefined;
  }
}
