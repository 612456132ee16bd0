import { connect, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { AppError, declareErrors } from '#platform/kernel';

declareErrors({
  scanner_unavailable: {
    status: 503,
    message: 'The virus scanner is unavailable. The file will be scanned later.',
  },
});

/** The scanner's verdict on a file. `refused`: it did not look at all of it, and would not the next time. */
export type Verdict =
  | { readonly kind: 'clean' }
  | { readonly kind: 'infected'; readonly name: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** Looks into a file for what should not be in it. */
export interface Scanner {
  /** `open` is called for each try. Throws `scanner_unavailable` where it is away, or does not answer. */
  scan(open: () => Promise<Readable>, signal: AbortSignal): Promise<Verdict>;
}

/** Milliseconds without a byte either way: a scan of a large archive takes a while. */
const SILENCE = 120_000;
const LONGEST_REPLY = 4_096;
const LENGTH_BYTES = 4;

/**
 * A file that it takes no more of it answers at once, and resets the connection, as there are bytes that it has not read. Where we are told of the reset
 * before we have read its answer, that is lost: the file is sent anew, so often in all.
 */
const TRIES = 3;
const RESET = new Set<unknown>(['ECONNRESET', 'EPIPE']);

/** clamd, by its INSTREAM: the file in chunks with their lengths, and a line in answer. `tcp://host:3310`, or `unix:/run/clamav/clamd.ctl`. */
export function createClamd(url: string): Scanner {
  return {
    async scan(open, signal) {
      for (let tries = 1; ; tries++) {
        const file = await open();
        try {
          return verdictOf(await answerTo(url, signal, (socket) => send(file, socket)));
        } catch (cause) {
          signal.throwIfAborted();
          const isReset = cause instanceof Error && 'code' in cause && RESET.has(cause.code);
          if (isReset && tries < TRIES) continue;
          if (isReset && (await isThere(url, signal)))
            return {
              kind: 'refused',
              reason: `The scanner broke off ${TRIES} times, as of a file that is ${LARGER}`,
            };
          throw new AppError('scanner_unavailable', { cause });
        } finally {
          file.destroy();
        }
      }
    },
  };
}

const ping = (socket: Socket) => write(socket, Buffer.from('zPING\0'));

async function isThere(url: string, signal: AbortSignal): Promise<boolean> {
  const said = await answerTo(url, signal, ping).catch(() => undefined);
  signal.throwIfAborted();
  return said === 'PONG';
}

async function answerTo(
  url: string,
  signal: AbortSignal,
  ask: (socket: Socket) => Promise<void>,
): Promise<string> {
  const socket = openSocket(url);
  const stop = () => socket.destroy(new Error('called off'));
  signal.addEventListener('abort', stop, { once: true });
  try {
    const reply = replyOf(socket);
    // It answers before the end what it takes no more of, and hangs up: its answer counts.
    const asked = ask(socket).catch(() => undefined);
    const said = await reply;
    await asked;
    return said;
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}

function openSocket(url: string): Socket {
  const { protocol, hostname, port, pathname } = new URL(url);
  const socket =
    protocol === 'unix:'
      ? connect({ path: decodeURIComponent(pathname) })
      : connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 3_310) });
  // It may break before or after a caller waits for its answer; the caller is told by its end.
  socket.on('error', () => {});
  socket.setTimeout(SILENCE, () => socket.destroy(new Error('silent')));
  return socket;
}

async function send(file: Readable, socket: Socket): Promise<void> {
  await write(socket, Buffer.from('zINSTREAM\0'));
  for await (const chunk of file as AsyncIterable<Buffer>) {
    // Its answer meanwhile is read first.
    await setImmediate();
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(chunk.length);
    await write(socket, length);
    await write(socket, chunk);
  }
  await write(socket, Buffer.alloc(LENGTH_BYTES));
}

function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

/** The line that it answers, which ends with a NUL. */
function replyOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
      if (said.length > LONGEST_REPLY) reject(new Error('more than a line'));
      const end = said.indexOf('\0');
      if (end >= 0) resolve(said.slice(0, end));
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('it hung up')));
  });
}

const LARGER = 'larger than the scanner takes (StreamMaxLength).';

/** `stream: OK`, `stream: Eicar-Signature FOUND`, `INSTREAM size limit exceeded. ERROR`. */
function verdictOf(said: string): Verdict {
  if (/^stream: OK$/.test(said)) return { kind: 'clean' };
  const found = /^stream: (?<name>.+) FOUND$/.exec(said)?.groups?.['name'];
  if (found !== undefined) return { kind: 'infected', name: found.slice(0, 200) };
  if (/size limit exceeded/i.test(said)) return { kind: 'refused', reason: `It is ${LARGER}` };
  throw new Error('it could not scan');
}
