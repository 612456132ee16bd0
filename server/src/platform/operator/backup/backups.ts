import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { constants, createGzip } from 'node:zlib';
import { type Database, installationOf, statement } from '#platform/db';
import { AppError, type Random } from '#platform/kernel';
import { folderCodes } from '#platform/owner';
import type { Secrets } from '#platform/secrets';
import { packFolder } from './archive.ts';
import type { Recorder } from './revocations/recorder.ts';
import { type SnapshotParts, takeSnapshot } from './snapshot.ts';

/** In the data folder: the copy that a backup is made of. A start removes what a process that was killed has left. */
const FOLDER = 'backup.unfinished';
const CODE = 'backup-code.json';

export interface BackupsParts extends SnapshotParts {
  readonly db: Database;
  readonly random: Random;
  readonly secrets: Secrets;
  readonly recorder: Recorder;
  /** The program's version. */
  readonly version: string;
}

/** A backup that was taken; its copy goes with its end. */
export interface Backup {
  readonly at: Date;
  /** The file: a gzipped tar. */
  readonly bytes: Readable;
  /** To be called in every case. */
  close(): Promise<void>;
}

export interface Backups {
  /** Takes a backup. Throws `backup_under_way` beside another one, `backup_not_embedded`, and `backup_disk_full`. */
  take(): Promise<Backup>;
  /** Takes one for a caller who can read the data folder. Throws `backup_code_wrong`. */
  takeWith(code: string): Promise<Backup>;
}

/** A code that `takeWith` of the server of this data folder takes, once. */
export const newBackupCode = (parts: Parameters<typeof folderCodes>[0]): string =>
  folderCodes(parts, CODE).issue();

export function createBackups(parts: BackupsParts): Backups {
  const { db, dataDir, recorder } = parts;
  const folder = join(dataDir, FOLDER);
  const codes = folderCodes(parts, CODE);
  let isBusy = false;
  // The embedded database has one process.
  if (db.engine === 'pglite') rmSync(folder, { recursive: true, force: true });

  async function end(): Promise<void> {
    await rm(folder, { recursive: true, force: true });
    isBusy = false;
  }

  async function take(): Promise<Backup> {
    if (db.freeze === undefined) throw new AppError('backup_not_embedded');
    if (isBusy) throw new AppError('backup_under_way');
    isBusy = true;
    try {
      const { entries, digest } = await recorder.record();
      const [[server]] = await db.system('backup.restore', [VERSION]);
      const { id: installation } = await installationOf(db);
      const at = await takeSnapshot(parts, folder);
      const facts = {
        version: parts.version,
        installation,
        at: at.toISOString(),
        postgres: server?.version ?? '',
        master_key: parts.secrets.current,
        revocations: { entries, digest },
      };
      const gzip = createGzip({ level: constants.Z_BEST_SPEED });
      const bytes = Readable.from(packFolder(folder, facts, parts.secrets)).compose(gzip) as Readable;
      return { at, bytes, close: end };
    } catch (error) {
      await end();
      throw error;
    }
  }

  return {
    take,
    takeWith(code) {
      if (!codes.take(code)) throw new AppError('backup_code_wrong');
      return take();
    },
  };
}

const VERSION = statement<{ version: string }>("select current_setting('server_version') as version");
