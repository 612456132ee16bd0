import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LicenseTime } from './time.ts';

/** The programs of this machine and user that run under one licence: they share a seat, and one at a time asks the server. */
export interface Members {
  /** From now on this program is one of them; told again, that it still is. */
  join(): void;
  leave(): void;
  /** Whether another process is one of them at this moment. */
  hasOthers(): boolean;
  /** Does something once no other program does; what one does that is stopped meanwhile is not waited for. */
  alone(signal: AbortSignal, work: () => Promise<void>): Promise<void>;
}

export interface MembersPlace {
  readonly folder: string;
  /** What tells this licence on this machine from others in the folder. */
  readonly name: string;
  readonly time: LicenseTime;
}

/** A program that has not said so for this long is stopped, or its process id has become another's. Milliseconds. */
const SILENT = 120_000;
/** A call with all its tries takes less. Milliseconds. */
const LONGEST_CALL = 60_000;
const LOOKS = 100;

/**
 * Small files of the user that name a process each. Nothing depends on the lock for being right: two that ask at once renew one
 * session, or one takes the other's over, which the other one then reads from the state. So it may be broken when in doubt.
 */
export function membersIn({ folder, name, time }: MembersPlace): Members {
  const own = join(folder, `${name}.${process.pid}.${crypto.randomUUID().slice(0, 8)}.run`);
  const lockPath = join(folder, `${name}.lock`);

  /** Answers how to let the next one. */
  async function lock(signal: AbortSignal): Promise<() => void> {
    for (let waited = 0; waited < LONGEST_CALL; waited += LOOKS) {
      const outcome = writeLock(folder, lockPath);
      if (outcome === 'written') return () => removeOwnLock(lockPath);
      // Where nothing can be written there is nothing to share either.
      if (outcome === 'unwritable') return () => {};
      if (isAnother(pidIn(lockPath)) && ageOf(lockPath) < LONGEST_CALL) await time.wait(LOOKS, signal);
      else removeFile(lockPath);
    }
    return () => {};
  }

  return {
    join() {
      try {
        const now = new Date();
        utimesSync(own, now, now);
      } catch {
        writeLock(folder, own);
      }
    },
    leave: () => removeFile(own),
    hasOthers() {
      const files = filesIn(folder).filter((file) => file.startsWith(`${name}.`) && file.endsWith('.run'));
      return files.some((file) => {
        const pid = Number(file.slice(name.length + 1).split('.')[0]);
        const lives = isAnother(pid) && ageOf(join(folder, file)) < SILENT;
        if (!isAlive(pid)) removeFile(join(folder, file));
        return lives;
      });
    },
    async alone(signal, work) {
      const unlock = await lock(signal);
      try {
        await work();
      } finally {
        unlock();
      }
    },
  };
}

function writeLock(folder: string, path: string): 'written' | 'there' | 'unwritable' {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(path, String(process.pid), { flag: 'wx', mode: 0o600 });
    return 'written';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EEXIST' ? 'there' : 'unwritable';
  }
}

function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The file stays until it is too old to be believed.
  }
}

function removeOwnLock(path: string): void {
  if (pidIn(path) === process.pid) removeFile(path);
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function pidIn(path: string): number {
  try {
    // One that was made this instant is empty until it is written.
    return Number(readFileSync(path, 'utf8') || process.ppid);
  } catch {
    return 0;
  }
}

/** How long ago a file was written; of none, for ever. A clock that was set back makes it no younger than new. */
function ageOf(path: string): number {
  try {
    return Math.abs(Date.now() - statSync(path).mtimeMs);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** A living process other than this one: in this one a file is of a client that shares what it has by the state alone. */
const isAnother = (pid: number) => pid !== process.pid && isAlive(pid);

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // One of another user may not be asked, but is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
