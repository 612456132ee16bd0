import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atEndOfFile, temporaryFolder } from '@plinth/testkit/closing';
import { endKept, startKept } from './keeper.ts';
import { freePort } from './ports.ts';
import { programsIn, programsOnPath } from './programs.ts';

/** What to tell where there is none. */
export const NO_CLAMD =
  'there is no clamd on PATH (Debian: apt-get install --no-install-recommends clamav-daemon)';

/** The `clamd` of PATH, or of Debian, whose users don't have its folder on PATH; undefined: there is none. */
export function clamdProgram(): string | undefined {
  return [...programsOnPath('clamd'), ...programsIn(['/usr/sbin'], 'clamd')][0];
}

/** The virus scanner of the system, with signatures of a test's own. */
export interface Clamd {
  /** As `CLAMD_URL` names it. */
  readonly url: string;
  /** Ends it at once, as by kill -9. */
  kill(): Promise<void>;
  /** Starts it anew on the same port. */
  start(): Promise<void>;
}

/**
 * Starts one on a free loopback port, as the user of the tests, with a database of these signatures: `md5:length:name`, the lines of an `.hdb`.
 * It takes a megabyte of a file.
 */
export async function startClamd(program: string, signatures: readonly string[]): Promise<Clamd> {
  const folder = temporaryFolder();
  const port = await freePort();
  const settings = join(folder, 'clamd.conf');
  await writeFile(join(folder, 'own.hdb'), signatures.map((line) => `${line}\n`).join(''));
  await writeFile(
    settings,
    `Foreground yes
TCPAddr 127.0.0.1
TCPSocket ${port}
DatabaseDirectory "${folder}"
TemporaryDirectory "${folder}"
StreamMaxLength 1M
MaxThreads 2
`,
  );
  const run = () => startKept([program, '-c', settings], { port });
  let kept = await run();
  atEndOfFile(() => endKept(kept));
  return {
    url: `tcp://127.0.0.1:${port}`,
    kill: () => endKept(kept),
    async start() {
      kept = await run();
    },
  };
}
