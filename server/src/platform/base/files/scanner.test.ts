import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { atEndOfFile } from '@plinth/testkit/closing';
import { createClamd } from './scanner.ts';

const LENGTH = 4;

/** A server that speaks INSTREAM: it answers what `verdict` says of all the bytes, or at once, and that it is there. */
async function startScanner(
  verdict: (bytes: Buffer, socket: Socket) => string | undefined,
  isThere = true,
): Promise<string> {
  const server = createServer((socket) => {
    let received = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.toString() === 'zPING\0') socket.end(isThere ? 'PONG\0' : '');
      const bytes = readStream(received);
      if (bytes === undefined) return;
      const answer = verdict(bytes, socket);
      if (answer !== undefined) socket.end(`${answer}\0`);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  atEndOfFile(async () => void server.close());
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The file, once the chunk of no bytes says that it is all there. */
function readStream(received: Buffer): Buffer | undefined {
  const command = 'zINSTREAM\0';
  const chunks: Buffer[] = [];
  for (let at = command.length; at + LENGTH <= received.length; ) {
    const length = received.readUInt32BE(at);
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(received.subarray(at + LENGTH, at + LENGTH + length));
    at += LENGTH + length;
  }
  return undefined;
}

const scan = (url: string, text: string, signal = new AbortController().signal) =>
  createClamd(url).scan(
    () => Promise.resolve(Readable.from([Buffer.from(text.slice(0, 3)), Buffer.from(text.slice(3))])),
    signal,
  );

const reset = (_: Buffer, socket: Socket) => void socket.resetAndDestroy();

describe('a scanner', () => {
  test('is given the whole file, and its word is taken', async () => {
    const url = await startScanner((bytes) =>
      bytes.toString() === 'a clean file' ? 'stream: OK' : 'stream: Eicar-Signature FOUND',
    );
    expect(await scan(url, 'a clean file')).toEqual({ kind: 'clean' });
    expect(await scan(url, 'another one')).toEqual({ kind: 'infected', name: 'Eicar-Signature' });
  });

  test('that takes no file so large has not said that it is clean', async () => {
    const url = await startScanner(() => 'INSTREAM size limit exceeded. ERROR');
    expect(await scan(url, 'large')).toMatchObject({ kind: 'refused' });
  });

  test.for(['', 'stream: OK and more', 'stream: Can not allocate memory ERROR'])(
    'that answers %j is away',
    async (answer) => {
      const url = await startScanner(() => answer);
      await expect(scan(url, 'a file')).rejects.toMatchObject({ code: 'scanner_unavailable' });
    },
  );

  test('that is not there, or hangs up, is away', async () => {
    await expect(scan('unix:/nowhere/clamd.ctl', 'a file')).rejects.toMatchObject({
      code: 'scanner_unavailable',
    });
    const url = await startScanner((_, socket) => void socket.destroy());
    await expect(scan(url, 'a file')).rejects.toMatchObject({ code: 'scanner_unavailable' });
  });

  test('that resets the connection may have answered, and is given the file anew', async () => {
    let resets = 2;
    const url = await startScanner((_, socket) => {
      return resets-- > 0 ? reset(_, socket) : 'stream: OK';
    });
    expect(await scan(url, 'large')).toEqual({ kind: 'clean' });
  });

  test('that resets it each time takes no such file where it is there, and is away where it is not', async () => {
    expect(await scan(await startScanner(reset), 'large')).toEqual({
      kind: 'refused',
      reason:
        'The scanner broke off 3 times, as of a file that is larger than the scanner takes (StreamMaxLength).',
    });
    await expect(scan(await startScanner(reset, false), 'large')).rejects.toMatchObject({
      code: 'scanner_unavailable',
    });
  });

  test('whose caller goes away is left', async () => {
    const calling = new AbortController();
    const url = await startScanner(() => {
      calling.abort(new Error('stopping'));
      return undefined;
    });
    await expect(scan(url, 'a file', calling.signal)).rejects.toThrow('stopping');
  });
});
