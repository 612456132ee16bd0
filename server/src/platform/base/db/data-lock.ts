import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, unusableFolder } from '#platform/config';
import { AppError, declareErrors } from '#platform/kernel';

declareErrors({
  data_folder_in_use: { status: 500, message: 'Another Plinth has this data folder open.' },
});

/**
 * Takes a data folder for this process: two processes on one embedded database would corrupt it without an error.
 * A lock whose process is gone is taken over. Answers how to give it back.
 */
export function lockDataFolder(folder: string): () => void {
  makeFolder(folder);
  const path = join(folder, 'lock');
  for (let tries = 0; tries < 3; tries += 1) {
    try {
      const file = openSync(path, 'wx', 0o600);
      writeSync(file, `${process.pid} ${startOf(process.pid)}\n`);
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusableFolder(folder, error);
      const owner = liveOwner(path);
      if (owner !== undefined) {
        throw new AppError('data_folder_in_use', {
          message: `The data folder ${folder} is in use by another Plinth (process ${owner}). Stop it, or set DATA_DIR to another folder.`,
        });
      }
      removeLock(folder, path);
    }
  }
  throw new AppError('data_folder_in_use');
}

/** The lock's place may hold no file. */
function removeLock(folder: string, path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw unusableFolder(folder, error);
  }
}

function liveOwner(path: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const [number = '', start = ''] = text.trim().split(' ', 2);
  const pid = Number(number);
  if (!Number.isInteger(pid) || pid <= 0 || (pid === process.pid && start === startOf(pid))) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined;
  }
  // A number that was given to another process since then is no owner.
  return start === startOf(pid) && !isDead(pid) ? pid : undefined;
}

/** When a process started, in clock ticks since boot; '' where the system does not tell. */
function startOf(pid: number): string {
  return statusOf(pid)[19] ?? '';
}

/**
 * Whether a process has ended and only its parent has not asked how: in containers that may never happen. While one of its threads is
 * at work on a disk, it is not over.
 */
function isDead(pid: number): boolean {
  const status = statusOf(pid);
  return status[0] === 'Z' && Number(status[17]) <= 1;
}

/** The system's facts of a process (Linux: `man proc_pid_stat`, from `state` on); nothing elsewhere. */
function statusOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
