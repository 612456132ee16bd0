import { pipeline } from 'node:stream/promises';
import { fileReply, namedObject, type Route, routesFor, type Wire } from '#platform/http';
import { z } from 'zod';
import type { Backup } from './backups.ts';
import type { BackupService } from './index.ts';

const route = routesFor<BackupService>();

const takeBackup = route(
  'POST /v1/server/backup',
  {
    summary: 'Take a backup of the embedded database',
    description:
      'For “plinth backup”, which proves by a code that it can read the data folder. The answer is the file: rows, files and settings, without secrets and master keys. It takes no Idempotency-Key: a code is good once.',
    tag: 'Operations',
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    body: namedObject('BackupRequest', { code: z.string().min(1).max(40) }),
    reply: { 200: fileReply },
    produces: ['application/gzip'],
    // Until the copy is made; how long it is read does not count.
    maxSeconds: 300,
    errors: ['backup_code_wrong', 'backup_under_way', 'backup_not_embedded', 'backup_disk_full'],
    idempotency: 'none',
  },
  async ({ body: { code }, origin, wire }, { backups }) =>
    send(await backups.takeWith(code), wire, origin.signal),
);

/** A failure after the first byte cuts the answer off: a reader of half of it finds that it is no whole backup. */
async function send(backup: Backup, wire: Pick<Wire, 'take'>, signal: AbortSignal): Promise<void> {
  try {
    const response = wire.take();
    response.writeHead(200, { 'content-type': 'application/gzip', 'x-backup-at': backup.at.toISOString() });
    await pipeline(backup.bytes, response, { signal });
  } catch (error) {
    if (!signal.aborted && (error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE')
      throw error;
  } finally {
    await backup.close();
  }
}

/** Calls of the machine's operator. */
export const backupRoutes: Route[] = [takeBackup];
