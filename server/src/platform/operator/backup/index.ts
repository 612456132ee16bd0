import './errors.ts';
import type { DoneAgain } from '#platform/audit';
import type { BlobHome } from '#platform/blobs';
import { declareLongUses } from '#platform/db';
import { defineModule } from '#platform/module';
import { type Applied, type ApplyingParts, applyRevocations } from './revocations/apply.ts';
import { type Backups, type BackupsParts, createBackups } from './backups.ts';
import type { ListEntry } from './revocations/list.ts';
import { createRecorder, type Recorder } from './revocations/recorder.ts';
import { backupRoutes } from './routes.ts';

export { type Manifest, readBackup } from './archive.ts';
export { type Backup, newBackupCode } from './backups.ts';
export { pagesAt, pagesIn, type ReadList, readList, writePage } from './revocations/pages.ts';

export interface BackupServiceParts extends Omit<BackupsParts, 'recorder'>, Omit<ApplyingParts, 'doneAgain'> {
  readonly home: BlobHome;
  /** How all modules do again what a restored database does not know of. */
  readonly doneAgain: readonly DoneAgain[];
}

/** Backups of the embedded database, and what is applied to one that is restored (docs/backup.md). */
export interface BackupService {
  readonly backups: Backups;
  readonly recorder: Recorder;
  /** After a restore: ends all sign-ins, and does again what the database does not know of. */
  apply(list: AsyncIterable<ListEntry>): Promise<Applied>;
}

export function createBackupService(parts: BackupServiceParts): BackupService {
  const doneAgain: DoneAgain = Object.assign({}, ...parts.doneAgain);
  const recorder = createRecorder({ ...parts, actions: Object.keys(doneAgain) });
  return {
    recorder,
    backups: createBackups({ ...parts, recorder }),
    apply: (list) => applyRevocations({ ...parts, doneAgain }, list),
  };
}

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'backup.revocations':
    'what was erased and revoked is kept outside of the database, for all accounts, for one that is restored',
  'backup.restore': 'a restored database ends all sessions, and does again what it does not know of',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('backup.restore');

/** This module, for the list of all of them. */
export const backupModule = defineModule({
  name: 'backup',
  purpose: 'backups of the embedded database; what was erased and revoked, for a database that is restored',
  systemUses,
  routes: backupRoutes,
  schedules: { revocations: { cron: '* * * * *', run: ({ recorder }) => recorder.record() } },
  create: createBackupService,
});
