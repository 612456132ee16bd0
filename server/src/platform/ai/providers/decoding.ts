import {
  type BrotliDecompress,
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  type Gunzip,
  type Inflate,
  type InflateRaw,
} from 'node:zlib';

/** Turns the bytes of an encoded answer into those of the answer, as they come. */
export interface Decoder {
  write(chunk: Buffer): void;
  /** No more will come; the rest is handed on, and then `end` is called. */
  end(): void;
  pause(): void;
  resume(): void;
  stop(): void;
}

export interface Decoded {
  data(chunk: Buffer): void;
  end(): void;
  /** The bytes are not what the header says. */
  broken(): void;
}

type Unzip = Gunzip | Inflate | InflateRaw | BrotliDecompress;

// Decoded data is handed on at once, and an answer that is cut short is judged by what it holds.
const GZIP = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH };

/** Hands on what comes, for bytes that are not encoded. */
export function passOn(to: Decoded): Decoder {
  return { write: to.data, end: to.end, pause() {}, resume() {}, stop() {} };
}

/**
 * A decoder for a Content-Encoding; none where the bytes are the answer. We ask for `identity`, and some servers and the
 * proxies before them encode all the same. An encoding that we do not know is `broken` with its first byte.
 */
export function decoderFor(encoding: string | undefined, to: Decoded): Decoder | undefined {
  const name = encoding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return undefined;
  let unzip: Unzip | undefined;
  let isPaused = false;

  function openUnzip(first: Buffer): Unzip | undefined {
    const made = unzipFor(name, first);
    made?.on('data', to.data);
    made?.once('end', to.end);
    made?.on('error', to.broken);
    if (isPaused) made?.pause();
    return made;
  }

  return {
    write(chunk) {
      unzip ??= openUnzip(chunk);
      if (unzip === undefined) to.broken();
      else unzip.write(chunk);
    },
    end() {
      if (unzip === undefined) to.end();
      else unzip.end();
    },
    pause() {
      isPaused = true;
      unzip?.pause();
    },
    resume() {
      isPaused = false;
      unzip?.resume();
    },
    stop() {
      unzip?.destroy();
    },
  };
}

function unzipFor(name: string, first: Buffer): Unzip | undefined {
  if (name === 'gzip' || name === 'x-gzip') return createGunzip(GZIP);
  if (name === 'br') return createBrotliDecompress(BROTLI);
  if (name !== 'deflate') return undefined;
  // The name means zlib's format, and some servers send it without its head, whose first byte ends in 8.
  return ((first[0] ?? 0) & 0x0f) === 8 ? createInflate(GZIP) : createInflateRaw(GZIP);
}

const MARK = Buffer.from('\u{feff}');

/** A whole answer past the mark of a byte order that some servers write first. */
export const withoutMark = (body: Buffer): Buffer =>
  body.subarray(0, MARK.length).equals(MARK) ? body.subarray(MARK.length) : body;
