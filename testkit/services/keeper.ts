import { type ChildProcess, spawn } from 'node:child_process';
import { createConnection } from 'node:net';

/** A server of a test's own, as a process that ends when this one does, however that ends. */
export interface KeptServer {
  readonly keeper: ChildProcess;
  readonly pid: number;
}

/**
 * Waits for the server and for the end of our standard input, as the keeper of PostgreSQL does. A server that a test has
 * stopped by a signal is ended by -9 alone.
 */
const KEEPER = `
exec 3<&0
"$@" 3<&- </dev/null >/dev/null 2>&1 &
server=$!
echo "$server"
( read -r _ <&3; kill -9 "$server" ) >/dev/null 2>&1 &
reader=$!
wait "$server"
kill "$reader" 2>/dev/null
`;

/** Starts a program by its words, as another user where one is given, and waits until it listens on a port. */
export async function startKept(
  words: readonly string[],
  { port, user }: { readonly port: number; readonly user?: { uid: number; gid: number } | undefined },
): Promise<KeptServer> {
  const keeper = spawn('/bin/sh', ['-c', KEEPER, 'sh', ...words], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // A process group of its own: Ctrl-C must reach us first.
    detached: true,
    cwd: '/',
    ...user,
  });
  const pid = await new Promise<number>((resolve, reject) => {
    keeper.once('error', reject);
    keeper.stdout.once('data', (said: Buffer) => resolve(Number(said.toString())));
  });
  while (!(await isOpen(port)))
    if (keeper.exitCode !== null) throw new Error(`${words[0] ?? 'it'} did not start`);
  keeper.unref();
  return { keeper, pid };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket
      .once('error', () => resolve(false))
      .once('connect', () => {
        socket.destroy();
        resolve(true);
      });
  });
}

/** Ends it at once, as by kill -9. */
export async function endKept({ keeper }: KeptServer): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  keeper.ref();
  const over = new Promise((resolve) => keeper.once('close', resolve));
  keeper.stdin?.end();
  await over;
}
