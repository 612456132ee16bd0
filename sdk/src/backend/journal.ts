import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Spent } from '../with-permit.ts';

/** One use that was let through, or an end that the server did not hear. The Python client writes the same files. */
export interface Entry {
  readonly customer: string;
  /** As a permit is asked for, or as an event is reported. */
  readonly use: Readonly<Record<string, unknown>>;
  /** Its Idempotency-Key and the id of its event, so that it counts once, whichever process reports it. */
  readonly key: string;
  /** Whether a permit may have been given under the key. */
  readonly was_sent: boolean;
  /** The permit that it is under, where the server did not hear of its end. */
  readonly permit_id: string | null;
  /** Its cost, as a permit is settled; null while it runs. */
  readonly end: Spent | null;
  /** The work failed before it cost anything. */
  readonly is_released: boolean;
  /** Epoch seconds. */
  readonly at: number;
}

/** Keeps entries by their key. */
export interface Journal {
  put(entry: Entry): Promise<void>;
  remove(entry: Entry): Promise<void>;
  all(): Promise<readonly Entry[]>;
}

/** Forgets with the process. */
export function memoryJournal(): Journal {
  const entries = new Map<string, Entry>();
  return {
    put: async (entry) => void entries.set(entry.key, entry),
    remove: async ({ key }) => void entries.delete(key),
    all: async () => [...entries.values()],
  };
}

/** A file for each entry, on the disk before the work begins. Processes may share a folder: a report counts once. */
export function folderJournal(folder: string): Journal {
  const pathOf = (key: string) => join(folder, `${key}.json`);
  const made = mkdir(folder, { recursive: true, mode: 0o700 });
  return {
    async put(entry) {
      await made;
      const fresh = join(folder, `${entry.key}.${process.pid}.new`);
      await synced(fresh, 'w', (file) => file.writeFile(JSON.stringify(entry)));
      await rename(fresh, pathOf(entry.key));
      await synced(folder, 'r');
    },
    remove: ({ key }) => rm(pathOf(key), { force: true }),
    async all() {
      await made;
      const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
      const read = await Promise.all(names.map((name) => readIfThere(join(folder, name))));
      return read.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as Entry]));
    },
  };
}

/** Undefined: another process has just reported it. */
async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function synced(
  path: string,
  flags: string,
  write?: (file: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await write?.(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
