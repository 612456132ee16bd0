import { createHash } from 'node:crypto';
import { S3Error } from './refusal.ts';

/** The reflected polynomial’s table of a CRC whose upper and lower 32 bits are apart; one of 32 bits has no upper. */
function table(upper: number, lower: number): { readonly high: Uint32Array; readonly low: Uint32Array } {
  const [high, low] = [new Uint32Array(256), new Uint32Array(256)];
  for (let byte = 0; byte < 256; byte++) {
    let [h, l] = [0, byte];
    for (let bit = 0; bit < 8; bit++) {
      const odd = l & 1;
      l = (l >>> 1) | (h << 31);
      h >>>= 1;
      if (odd === 1) [h, l] = [h ^ upper, l ^ lower];
    }
    [high[byte], low[byte]] = [h, l];
  }
  return { high, low };
}

const crc = (bits: 32 | 64, upper: number, lower: number) => {
  let made: ReturnType<typeof table> | undefined;
  return (bytes: Uint8Array): Buffer => {
    const { high, low } = (made ??= table(upper, lower));
    let h = bits === 64 ? ~0 : 0;
    let l = ~0;
    for (const byte of bytes) {
      const place = (l ^ byte) & 0xff;
      l = ((l >>> 8) | (h << 24)) ^ (low[place] ?? 0);
      h = (h >>> 8) ^ (high[place] ?? 0);
    }
    const sum = Buffer.alloc(8);
    sum.writeUInt32BE(~h >>> 0, 0);
    sum.writeUInt32BE(~l >>> 0, 4);
    return bits === 64 ? sum : sum.subarray(4);
  };
};
const hash = (name: string) => (bytes: Uint8Array) => createHash(name).update(bytes).digest();

/** As S3 calls them in its headers. */
export const ALGORITHMS = {
  crc32: crc(32, 0, 0xed_b8_83_20),
  crc32c: crc(32, 0, 0x82_f6_3b_78),
  crc64nvme: crc(64, 0x9a_6c_93_29, 0xac_4b_c9_b5),
  sha1: hash('sha1'),
  sha256: hash('sha256'),
} as const;

export type Algorithm = keyof typeof ALGORITHMS;

export interface Checksum {
  readonly algorithm: Algorithm;
  /** In base64; of a composite one with `-` and the number of parts behind it. */
  readonly value: string;
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
}

export const isAlgorithm = (name: string): name is Algorithm => Object.hasOwn(ALGORITHMS, name);

/** What a header x-amz-checksum-algorithm says. */
export function algorithmNamed(name: string | undefined): Algorithm | undefined {
  const known = name?.toLowerCase();
  if (known === undefined || isAlgorithm(known)) return known;
  throw new S3Error('InvalidRequest', {
    message:
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
  });
}

const SUM = /^x-amz-checksum-(?!algorithm$|mode$|type$)(.+)$/;

/** The checksum that a request carries, in a header or a trailer; undefined when there is none. */
export function checksumOf(
  headers: Readonly<Record<string, string>>,
): { readonly algorithm: Algorithm; readonly value: string } | undefined {
  const given = Object.entries(headers).flatMap(([name, value]) => {
    const [, algorithm = ''] = SUM.exec(name) ?? [];
    return isAlgorithm(algorithm) ? [{ algorithm, value }] : [];
  });
  if (given.length > 1)
    throw new S3Error('InvalidRequest', {
      message: 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    });
  return given[0];
}

/** The checksum under which bytes are kept: that of the request, which must fit; else S3’s own, CRC64NVME. */
export function verifyChecksum(bytes: Uint8Array, headers: Readonly<Record<string, string>>): Checksum {
  verifyMd5(bytes, headers['content-md5']);
  const given = checksumOf(headers);
  const { algorithm } = given ?? { algorithm: 'crc64nvme' as const };
  const sum = ALGORITHMS[algorithm](bytes);
  if (given !== undefined && Buffer.from(given.value, 'base64').length !== sum.length)
    throw new S3Error('InvalidRequest', {
      message: `Value for x-amz-checksum-${algorithm} header is invalid.`,
    });
  const value = sum.toString('base64');
  if (given !== undefined && given.value !== value)
    throw new S3Error('BadDigest', {
      message: `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
    });
  return { algorithm, value, type: 'FULL_OBJECT' };
}

function verifyMd5(bytes: Uint8Array, given: string | undefined): void {
  if (given === undefined) return;
  if (Buffer.from(given, 'base64').length !== 16) throw new S3Error('InvalidDigest');
  if (hash('md5')(bytes).toString('base64') !== given) throw new S3Error('BadDigest');
}

/** A checksum as headers of an answer. */
export const checksumHeaders = ({ algorithm, value, type }: Checksum): Record<string, string> => ({
  [`x-amz-checksum-${algorithm}`]: value,
  'x-amz-checksum-type': type,
});

/** As an element of a document: ChecksumSHA256. */
export const checksumElement = ({ algorithm, value }: Checksum) => ({
  [`Checksum${algorithm.toUpperCase()}`]: value,
});
