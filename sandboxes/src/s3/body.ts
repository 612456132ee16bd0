import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { S3Error } from './refusal.ts';

type Headers = Readonly<Record<string, string>>;

export interface Body {
  readonly bytes: Buffer;
  /** What came behind the last chunk: x-amz-checksum-… */
  readonly trailers: Headers;
}

/** Bytes that are taken at most: a sandbox keeps all in memory. */
const LARGEST = 512 * 1_048_576;
const TRAILING = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

/** Reads the body, which must be what was signed of it: a hash, nothing, or chunks with a trailer. */
export async function readBody(request: IncomingMessage, headers: Headers, payload: string): Promise<Body> {
  if (payload.startsWith('STREAMING-') && payload !== TRAILING)
    throw new S3Error('NotImplemented', { message: `The sandbox reads no ${payload}: ${TRAILING} it does.` });
  if (!/^(?:[\da-f]{64}|UNSIGNED-PAYLOAD|STREAMING-UNSIGNED-PAYLOAD-TRAILER)$/.test(payload))
    throw new S3Error('InvalidArgument', {
      message:
        'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, or a valid sha256 value.',
    });
  const isWriting = request.method === 'PUT' || request.method === 'POST';
  if (
    isWriting &&
    headers['content-length'] === undefined &&
    payload !== TRAILING &&
    headers['transfer-encoding'] !== undefined
  )
    throw new S3Error('MissingContentLength');
  if (Number(headers['content-length'] ?? 0) > LARGEST) throw new S3Error('EntityTooLarge');
  const sent = await allOf(request);
  if (payload === TRAILING) return decodeChunks(sent, headers);
  if (payload !== 'UNSIGNED-PAYLOAD' && createHash('sha256').update(sent).digest('hex') !== payload)
    throw new S3Error('XAmzContentSHA256Mismatch');
  return { bytes: sent, trailers: {} };
}

async function allOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    parts.push(part);
    length += part.length;
    if (length > LARGEST) throw new S3Error('EntityTooLarge');
  }
  return Buffer.concat(parts, length);
}

/** aws-chunked: `SIZE\r\nBYTES\r\n … 0\r\n`, then the trailers, a line each, and an empty line. */
function decodeChunks(sent: Buffer, headers: Headers): Body {
  const declared = headers['x-amz-decoded-content-length'];
  if (declared === undefined || !/^\d+$/.test(declared)) throw new S3Error('MissingContentLength');
  const parts: Buffer[] = [];
  let place = 0;
  const line = (): string => {
    const end = sent.indexOf('\r\n', place);
    if (end < 0) throw new S3Error('IncompleteBody');
    const text = sent.toString('latin1', place, end);
    place = end + 2;
    return text;
  };
  for (;;) {
    const [, hex] = /^([\da-f]{1,8})(?:;.*)?$/i.exec(line()) ?? [];
    if (hex === undefined) throw new S3Error('IncompleteBody');
    const size = Number.parseInt(hex, 16);
    if (size === 0) break;
    if (place + size + 2 > sent.length) throw new S3Error('IncompleteBody');
    parts.push(sent.subarray(place, place + size));
    place += size;
    if (line() !== '') throw new S3Error('IncompleteBody');
  }
  const bytes = Buffer.concat(parts);
  if (bytes.length !== Number(declared)) throw new S3Error('IncompleteBody');
  return { bytes, trailers: trailersOf(sent.toString('latin1', place), headers['x-amz-trailer']) };
}

function trailersOf(text: string, announced = ''): Headers {
  const lines = text.split('\r\n').filter((line) => line !== '');
  const trailers = Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value = ''] = /^([\w-]+):\s*(.*?)\s*$/.exec(line) ?? [];
      return [name.toLowerCase(), value];
    }),
  );
  const names = announced === '' ? [] : announced.split(',').map((name) => name.trim().toLowerCase());
  if (Object.keys(trailers).sort().join() !== names.sort().join()) throw new S3Error('MalformedTrailerError');
  return trailers;
}
