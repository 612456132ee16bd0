import { constants } from 'node:fs';
import { copyFile, link, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobHome } from '#platform/blobs';
import type { Database } from '#platform/db';
import { AppError, type Clock } from '#platform/kernel';

export interface SnapshotParts {
  readonly db: Pick<Database, 'freeze'>;
  readonly clock: Clock;
  readonly home: Pick<BlobHome, 'keep'>;
  readonly dataDir: string;
  /** Files of the data folder that belong to the data: what stands for a vendor here keeps its state there. */
  readonly stateFiles: readonly string[];
  /** Settings, by name; of a secret only whether it is set. */
  readonly settings: () => Readonly<Record<string, string>>;
}

/**
 * Lays a copy of the embedded database and of all that goes with it into a folder; answers of which instant it is. Everybody waits for as
 * long as it takes to copy what was written to since the first pass. Bytes of a file are there before its row says so, and while nothing is deleted
 * each row of the copy has its bytes.
 */
export async function takeSnapshot(parts: SnapshotParts, to: string): Promise<Date> {
  const { freeze } = parts.db;
  if (freeze === undefined) throw new AppError('backup_not_embedded');
  const database = join(to, 'database');
  const began = parts.clock.now();
  try {
    await mkdir(to, { mode: 0o700 });
    await mirror(join(parts.dataDir, 'database'), database, began);
    const keep = parts.home.keep ?? ((work: (folder?: string) => Promise<Date>) => work());
    const at = await keep(async (blobs?: string) => {
      const frozenAt = await freeze(async (folder) => {
        await mirror(folder, database, began);
        for (const name of parts.stateFiles)
          await unlessGone(() => copyFile(join(parts.dataDir, name), join(to, name)));
        return new Date(parts.clock.now());
      });
      if (blobs !== undefined) await linkFiles(blobs, join(to, 'blobs'));
      return frozenAt;
    });
    await writeFile(join(to, 'settings.json'), `${JSON.stringify(parts.settings(), null, 2)}\n`, {
      mode: 0o600,
    });
    return at;
  } catch (error) {
    const isFull = ['ENOSPC', 'EDQUOT'].includes(codeOf(error));
    throw isFull ? new AppError('backup_disk_full', { cause: error }) : error;
  }
}

/** Milliseconds that the times of files may lie behind the clock. */
const COARSE = 2_000;

/**
 * Makes a folder the same as another one: copies what is not there, or was changed since an instant, and removes what is gone. A file that is renamed
 * counts as changed (ctime). What vanishes meanwhile is left to the next pass.
 */
async function mirror(from: string, to: string, since: number): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  const entries = await readdir(from, { withFileTypes: true });
  const names = new Set(entries.map(({ name }) => name));
  for (const name of await readdir(to))
    if (!names.has(name)) await rm(join(to, name), { recursive: true, force: true });
  for (const entry of entries) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await unlessGone(() => mirror(source, target, since));
    else await unlessGone(() => copyIfChanged(source, target, since));
  }
}

async function copyIfChanged(source: string, target: string, since: number): Promise<void> {
  const [now, before] = [await stat(source), await stat(target).catch(() => undefined)];
  if (before?.size === now.size && now.ctimeMs < since - COARSE) return;
  await copyFile(source, target, constants.COPYFILE_FICLONE);
}

const LEVEL = /^[0-9a-f]{2}$/;

/** Finished files never change: another name for one costs no room. Where that is impossible they are copied. */
async function linkFiles(from: string, to: string, depth = 0): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true }).catch(() => []);
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const entry of entries) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (depth < 2) {
      if (LEVEL.test(entry.name)) await linkFiles(source, target, depth + 1);
    } else await link(source, target).catch(() => unlessGone(() => copyFile(source, target)));
  }
}

async function unlessGone(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code);
}
