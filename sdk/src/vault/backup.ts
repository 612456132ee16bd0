import type { Client } from '../client.ts';
import { toHex } from './bytes.ts';
import { type DecryptOptions, decryptStream, encryptStream } from './chunks.ts';
import { VaultError } from './errors.ts';
import type { Keys } from './keys.ts';
import type { LockedStore } from './store.ts';

/** A backup takes as long as it takes: the longest time that a timer can wait. */
const NO_TIMEOUT = 2 ** 31 - 1;

export interface BackupParts {
  readonly client: Pick<Client, 'open'>;
  readonly store: LockedStore;
  readonly keys: Keys;
}

export interface BackupOptions {
  /** Version of what is backed up; comes back with it. */
  readonly version?: number;
  /**
   * Keeps encrypted bytes until they are sent, as their length and checksum go first. A browser keeps a Blob on its disk, Node
   * in memory: a program gives them a file there (docs/vault.md).
   */
  readonly spool?: (encrypted: ReadableStream<Uint8Array>) => Promise<Blob>;
  readonly signal?: AbortSignal;
}

export interface RestoreOptions extends DecryptOptions {
  /** One of the history, which may be older than what this device knows of; the newest when not said. */
  readonly id?: string;
}

export interface RestoredBackup {
  readonly version: number;
  /** When it was made. */
  readonly createdAt: Date;
  /** It fails at its end, at the latest, if it is not what was backed up, whole: until then nothing of it may count. */
  readonly content: ReadableStream<Uint8Array>;
}

const spoolToBlob = (encrypted: ReadableStream<Uint8Array>) => new Response(encrypted).blob();

/** Encrypts what comes and sends it as the account's newest backup. */
export async function sendBackup(
  { client, store, keys }: BackupParts,
  content: ReadableStream<Uint8Array>,
  { version = 1, spool = spoolToBlob, signal }: BackupOptions = {},
): Promise<void> {
  const state = await store.readState();
  const timestamp = Math.max(Date.now(), (state?.backupAt ?? 0) + 1);
  const { sha256 } = await import('@noble/hashes/sha2.js');
  const hash = sha256.create();
  const hashing = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, out) {
      hash.update(bytes);
      out.enqueue(bytes);
    },
  });
  const sealing = encryptStream(keys.ring(), nameOf(version, timestamp));
  const body = await spool(content.pipeThrough(sealing).pipeThrough(hashing));
  const headers = {
    'x-backup-version': String(version),
    'x-backup-timestamp': String(timestamp),
    'x-backup-checksum': toHex(hash.digest()),
  };
  await client.open('PUT /v1/backup', { body }, { headers, signal, timeout: NO_TIMEOUT });
  await store.changeState({ backupAt: timestamp });
}

/** The newest backup of the account, or a chosen one. Throws `rolled_back` where this device knows of a newer one, and none was chosen. */
export async function restoreBackup(
  { client, store, keys }: BackupParts,
  { id, ...options }: RestoreOptions = {},
): Promise<RestoredBackup> {
  const answer =
    id === undefined
      ? await client.open('GET /v1/backup', {}, { timeout: NO_TIMEOUT })
      : await client.open('GET /v1/backup/{id}', { params: { id } }, { timeout: NO_TIMEOUT });
  const version = Number(answer.headers.get('x-backup-version'));
  const timestamp = Number(answer.headers.get('x-backup-timestamp'));
  const newest = (await store.readState())?.backupAt ?? 0;
  if (id === undefined && timestamp < newest) throw new VaultError('rolled_back');
  await keys.refresh();
  const remembering = new TransformStream<Uint8Array, Uint8Array>({
    flush: () => store.changeState({ backupAt: Math.max(newest, timestamp) }),
  });
  const sealed = answer.body ?? new Blob([]).stream();
  const content = sealed.pipeThrough(decryptStream(keys.ring(), nameOf(version, timestamp), options));
  return { version, createdAt: new Date(timestamp), content: content.pipeThrough(remembering) };
}

const nameOf = (version: number, timestamp: number) => `backup ${version} ${timestamp}`;
