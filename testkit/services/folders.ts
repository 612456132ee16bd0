import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'plinth-test-run-';

/** Memory as a folder, where the system has that. */
export const MEMORY = '/dev/shm';

/** Makes a folder whose name says which process it is for, so that a later run can tell that it is not needed. */
export function makeRunFolder(parent: string): Promise<string> {
  return mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
}

/** Removes what runs left behind that were killed together with everything that cleans up after them. */
export async function removeStaleFolders(): Promise<void> {
  for (const parent of new Set([MEMORY, tmpdir()])) {
    for (const name of await readdir(parent).catch(() => [])) {
      const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
      if (owner === undefined || isAlive(Number(owner))) continue;
      await endOrphan(join(parent, name, 'data'));
      await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

/** Ends the PostgreSQL that still runs on a folder, if one does. */
async function endOrphan(data: string): Promise<void> {
  const lock = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(lock.split('\n')[0]);
  const command = pid > 0 ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : '';
  // The number may belong to another program by now.
  if (command.split('\0').includes(data)) process.kill(pid, 'SIGQUIT');
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
