import { fileReply, namedObject, okReply, productRoutes, wholeNumber } from 'plinth/product';
import { z } from 'zod';
import {
  checksum,
  headerOf,
  LONGEST_TRANSFER,
  octetsOf,
  receivingErrors,
  sendingErrors,
  storageReads,
  storageWrites,
} from '../octets.ts';
import type { Adiuva } from '../service.ts';
import type { BackupRow } from './store.ts';

const route = productRoutes<Adiuva>();
const reads = { ...storageReads, tag: 'Adiuva backups' } as const;
const writes = { ...storageWrites, tag: 'Adiuva backups' } as const;

const CONDITIONS = 'Takes a `Range` of one part, `If-Range`, `If-None-Match` and `If-Modified-Since`.';

const backupMeta = namedObject('BackupMetadata', {
  id: z.uuid(),
  version: z.int().describe('As its client said it.'),
  timestamp: z.int().describe('When it was made, as its client said it: milliseconds since 1970.'),
  checksum: z.string().describe('SHA-256 of its bytes, in hex.'),
  chunk_count: z.int(),
  size_bytes: z.int(),
});

function shownBackup(row: BackupRow): z.infer<typeof backupMeta> {
  const { id, version, made_at: timestamp, checksum: sha256, chunk_count, bytes: size_bytes } = row;
  return { id, version, timestamp, checksum: sha256, chunk_count, size_bytes };
}

export const putBackup = route(
  'PUT /v1/backup',
  {
    ...writes,
    streamedBody: true,
    maxSeconds: LONGEST_TRANSFER,
    summary: 'Store a backup',
    description:
      'Octets that you have encrypted, 5 GB of them at most, with the headers `X-Backup-Version` (a number of yours), `X-Backup-Timestamp` (milliseconds since 1970), `X-Backup-Checksum` (SHA-256 in hex) and, if you like, `X-Backup-Chunk-Count`. They are stored as they are, or not at all. Your plan keeps the newest, by when they came; older ones are forgotten by the same commit. The same version, timestamp and checksum again are the same backup.',
    reply: { 200: namedObject('BackupStored', { ok: z.literal(true), id: z.uuid() }) },
    errors: [...receivingErrors],
  },
  async ({ accountId, caller, ...call }, { backups }) => {
    const facts = {
      version: headerOf(call, 'x-backup-version', wholeNumber(0, 2_147_483_647)),
      timestamp: headerOf(call, 'x-backup-timestamp', wholeNumber(0, 8.64e15)),
      checksum: headerOf(call, 'x-backup-checksum', checksum),
      chunkCount: headerOf(call, 'x-backup-chunk-count', wholeNumber(1, 2_147_483_647).default(1)),
    };
    const { id } = await backups.store({ accountId, userId: caller.userId }, facts, octetsOf(call));
    return { ok: true, id } as const;
  },
);

export const readLatestBackup = route(
  'GET /v1/backup',
  {
    ...reads,
    maxSeconds: LONGEST_TRANSFER,
    operation: 'getLatestBackup',
    summary: 'Read the newest backup',
    description: `With the headers that it came with, and \`X-Backup-Id\`. ${CONDITIONS} The time is when it came.`,
    reply: { 200: fileReply },
    produces: ['application/octet-stream'],
    errors: [...sendingErrors, 'backup_not_found'],
  },
  ({ accountId, caller, wire, origin }, { backups }) =>
    backups.send({ accountId, userId: caller.userId }, undefined, { wire, origin }),
);

export const listBackups = route(
  'GET /v1/backup/history',
  {
    ...reads,
    summary: 'List your backups',
    description: 'What the server knows of them, the newest first. They are never more than a plan keeps.',
    reply: { 200: z.array(backupMeta).meta({ id: 'BackupHistory' }) },
  },
  async ({ accountId, caller }, { backups }) =>
    (await backups.history({ accountId, userId: caller.userId })).map(shownBackup),
);

export const readBackup = route(
  'GET /v1/backup/:id',
  {
    ...reads,
    maxSeconds: LONGEST_TRANSFER,
    summary: 'Read a backup',
    description: CONDITIONS,
    reply: { 200: fileReply },
    produces: ['application/octet-stream'],
    errors: [...sendingErrors, 'backup_not_found'],
  },
  ({ accountId, caller, params, wire, origin }, { backups }) =>
    backups.send({ accountId, userId: caller.userId }, params.id, { wire, origin }),
);

export const deleteBackup = route(
  'DELETE /v1/backup/:id',
  {
    ...writes,
    summary: 'Delete a backup',
    description: 'Its storage is yours again at once.',
    reply: { 200: okReply },
    errors: ['backup_not_found'],
  },
  async ({ accountId, caller, params }, { backups }) => {
    await backups.remove({ accountId, userId: caller.userId, id: params.id });
    return { ok: true };
  },
);
