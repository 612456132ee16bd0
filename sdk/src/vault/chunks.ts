import {
  type Bytes,
  concat,
  decodeNumber,
  encodeNumber,
  equalBytes,
  joinParts,
  type Key,
  randomBytes,
} from './bytes.ts';
import { VaultError } from './errors.ts';
import { currentEpoch, EPOCH_ID_BYTES, epochOf, isEnded, type KeyRing } from './key-ring.ts';
import { paddedLength } from './padding.ts';
import { COMMITMENT_BYTES, deriveSealKeys, SALT_BYTES } from './seal.ts';

const FORMAT = 2;
const HEAD_BYTES = 1 + EPOCH_ID_BYTES + SALT_BYTES + COMMITMENT_BYTES;
/** All chunks have one size; of each, the first four bytes say how much of it is content. */
const PLAIN_BYTES = 65_536;
const CONTENT_BYTES = PLAIN_BYTES - 4;
const SEALED_BYTES = PLAIN_BYTES + 16;

const NOTHING: Bytes = new Uint8Array();

type Flow = TransformStream<Uint8Array, Uint8Array>;
type Out = TransformStreamDefaultController<Uint8Array>;

/** How long the file of a content of this many bytes is. */
export function sealedLength(contentLength: number): number {
  return HEAD_BYTES + paddedLength(Math.max(1, Math.ceil(contentLength / CONTENT_BYTES))) * SEALED_BYTES;
}

/**
 * Encrypts what flows through, in constant memory: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, "Online
 * Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015), as age has it: a chunk's nonce is its
 * number and whether it is the last one. `name` says what it is, and opens with the same name only.
 */
export function encryptStream(ring: KeyRing, name: string): Flow {
  const pieces = createPieces(CONTENT_BYTES);
  let sealing: ChunkSealing | undefined;
  let count = 0;
  const write = async (out: Out, content: Bytes, isLast = false) => {
    if (sealing === undefined) {
      const { id, key } = currentEpoch(ring);
      const salt = randomBytes(SALT_BYTES);
      sealing = await sealingOf(ring, { key, salt, name });
      out.enqueue(concat(Uint8Array.of(FORMAT), id, salt, sealing.commitment));
    }
    const plain = new Uint8Array(PLAIN_BYTES);
    plain.set(encodeNumber(content.length, 4));
    plain.set(content, 4);
    const options = optionsOf(sealing, count, isLast);
    out.enqueue(new Uint8Array(await crypto.subtle.encrypt(options, sealing.cipher, plain)));
    count += 1;
  };
  return new TransformStream({
    async transform(bytes, out) {
      for (const piece of pieces.take(bytes)) await write(out, piece);
    },
    async flush(out) {
      const rest = pieces.rest();
      // Empty chunks hide how many are full.
      const empty = paddedLength(count + 1) - (count + 1);
      if (empty > 0) await write(out, rest);
      for (let left = empty; left > 1; left -= 1) await write(out, NOTHING);
      await write(out, empty > 0 ? NOTHING : rest, true);
    },
  });
}

export interface DecryptOptions {
  /** Takes what is under a key that has ended too: who knew that key may have written it since. */
  readonly acceptEnded?: boolean;
}

/** Decrypts what flows through. What came out is what was put in, but whether it is all of it is known at the end alone: the stream then fails with `tampered`. */
export function decryptStream(ring: KeyRing, name: string, options: DecryptOptions = {}): Flow {
  const pieces = createPieces(SEALED_BYTES);
  let head: Bytes = new Uint8Array();
  let sealing: ChunkSealing | undefined;
  let count = 0;
  const read = async (out: Out, sealed: Bytes, isLast = false) => {
    if (sealing === undefined) throw new VaultError('tampered');
    const content = await openChunk(sealing, sealed, { count, isLast });
    count += 1;
    if (content.length > 0) out.enqueue(content);
  };
  return new TransformStream({
    async transform(bytes, out) {
      let sealed = bytes;
      if (sealing === undefined) {
        head = concat(head, bytes);
        if (head.length < HEAD_BYTES) return;
        sealing = await readHead(ring, { name, ...options }, head.slice(0, HEAD_BYTES));
        sealed = head.slice(HEAD_BYTES);
      }
      for (const piece of pieces.take(sealed)) await read(out, piece);
    },
    async flush(out) {
      await read(out, pieces.rest(), true);
    },
  });
}

interface ChunkSealing {
  readonly cipher: Key;
  readonly commitment: Bytes;
  readonly context: Bytes;
}

async function sealingOf(
  { account }: KeyRing,
  { key, salt, name }: { readonly key: Key; readonly salt: Bytes; readonly name: string },
): Promise<ChunkSealing> {
  const context = joinParts('stream', account, name);
  return { context, ...(await deriveSealKeys({ key, label: 'stream', context }, salt)) };
}

async function readHead(
  ring: KeyRing,
  { name, acceptEnded = false }: DecryptOptions & { readonly name: string },
  head: Bytes,
): Promise<ChunkSealing> {
  if (head[0] !== FORMAT) throw new VaultError('tampered');
  const saltAt = 1 + EPOCH_ID_BYTES;
  const epoch = epochOf(ring, head.slice(1, saltAt));
  const salt = head.slice(saltAt, saltAt + SALT_BYTES);
  const sealing = await sealingOf(ring, { key: epoch.key, salt, name });
  if (!equalBytes(sealing.commitment, head.slice(saltAt + SALT_BYTES))) throw new VaultError('tampered');
  if (isEnded(ring, epoch) && !acceptEnded) throw new VaultError('ended_epoch');
  return sealing;
}

/** The nonce: the chunk's number in 11 bytes, and 1 for the last chunk. */
function optionsOf({ context }: ChunkSealing, count: number, isLast: boolean) {
  const iv = concat(new Uint8Array(3), encodeNumber(count, 8), Uint8Array.of(isLast ? 1 : 0));
  return { name: 'AES-GCM', iv, additionalData: context };
}

async function openChunk(
  sealing: ChunkSealing,
  sealed: Bytes,
  { count, isLast }: { readonly count: number; readonly isLast: boolean },
): Promise<Bytes> {
  try {
    const options = optionsOf(sealing, count, isLast);
    const plain = new Uint8Array(await crypto.subtle.decrypt(options, sealing.cipher, sealed));
    return plain.slice(4, 4 + decodeNumber(plain.slice(0, 4)));
  } catch (error) {
    throw new VaultError('tampered', error);
  }
}

/** Cuts what comes in pieces of any size into pieces of one size. The last one is kept back, full or not: `rest`. */
function createPieces(size: number) {
  let held: Uint8Array[] = [];
  let length = 0;
  return {
    *take(bytes: Uint8Array): Generator<Bytes, void> {
      held.push(bytes);
      length += bytes.length;
      if (length <= size) return;
      const all = concat(...held);
      let at = 0;
      for (; all.length - at > size; at += size) yield all.slice(at, at + size);
      held = [all.slice(at)];
      length = all.length - at;
    },
    rest(): Bytes {
      const all = concat(...held);
      held = [];
      length = 0;
      return all;
    },
  };
}
