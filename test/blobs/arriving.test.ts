import '#platform/blobs';
import { type IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { AppError } from '#platform/kernel';
import { readUpload } from '../../server/src/platform/work/blobs/read-upload.ts';

/** A sender on a clock of its own: what it sends, and when. */
function createSender(milliseconds: number, chunk: number, count: number) {
  let now = 0;
  const request = Object.assign(new PassThrough(), {
    setTimeout: () => request,
  }) as unknown as IncomingMessage;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < count; at += 1) {
      now += milliseconds;
      yield new Uint8Array(chunk);
    }
  }
  const replaced = new AbortController();
  return {
    replaced,
    upload: {
      request,
      bytes: bytes(),
      clock: { now: () => now, monotonic: () => now },
      signal: new AbortController().signal,
      until: 600_000,
      replaced: replaced.signal,
    },
  };
}

async function countBytes(upload: Parameters<typeof readUpload>[0]): Promise<number | string> {
  let all = 0;
  try {
    for await (const chunk of readUpload(upload)) all += chunk.length;
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
  return all;
}

describe('an upload that arrives', () => {
  test('at the pace of a slow line is taken', async () => {
    expect(await countBytes(createSender(1_000, 10_000, 300).upload)).toBe(3_000_000);
  });

  test('byte by byte is cut', async () => {
    expect(await countBytes(createSender(1_000, 1, 300).upload)).toBe('request_timeout');
  });

  test('after its time is cut', async () => {
    expect(await countBytes(createSender(1_000, 10_000, 700).upload)).toBe('upload_expired');
  });

  test('a second time ends the first', async () => {
    const { upload, replaced } = createSender(1, 10, 3);
    replaced.abort(new AppError('upload_replaced'));
    expect(await countBytes(upload)).toBe('upload_replaced');
  });
});
