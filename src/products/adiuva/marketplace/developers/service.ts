import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { actorOf } from '#platform/audit';
import { commitPoint, type Transaction } from '#platform/db';
import { answer, type Caller, type Once, type Origin, page, positionOf } from '#platform/http';
import { type AccountId, AppError } from '#platform/kernel';
import type { ProductContext } from '#platform/product';
import { z } from 'zod';
import { CURRENCY } from '../lists.ts';
import { looksOf, reservedIn } from '../names.ts';
import { checkManifest, isAbove, type PluginManifest } from '../review/manifest.ts';
import { developerKey, ownPlugin, ownVersion, shownBy } from '../replies.ts';
import * as plugins from '../store.ts';
import * as store from './store.ts';

const KEY = commitPoint('adiuva.developer-key', 'a key of a developer, and the answer to a repeat');
const KEY_REVOKED = commitPoint('adiuva.developer-key-revoked', 'a developer’s key that signs no more');
const SUBMITTED = commitPoint('adiuva.plugin-submitted', 'a version whose package is not there yet');
const DROPPED = commitPoint(
  'adiuva.plugin-upload-dropped',
  'an upload given up, of a version that was refused',
);
const COMPLETED = commitPoint(
  'adiuva.plugin-completed',
  'a version that waits for review, and the job that checks it',
);
const WITHDRAWN = commitPoint('adiuva.plugin-withdrawn', 'a version or plugin that its developer took back');

const MOST_WAITING = 20;
const MOST_BYTES = 1_000_000_000;

/** Who calls, for the audit. */
export interface DeveloperCall {
  readonly accountId: AccountId;
  readonly caller: Caller;
  readonly origin: Origin;
}

export interface Submission {
  readonly manifest: PluginManifest;
  readonly sha256: string;
  readonly bytes: number;
  readonly keyId: string;
  /** Base64, over the 32 bytes of the digest. */
  readonly signature: string;
}

/** What developers do with their keys and plugins. */
export function createDevelopers(context: ProductContext) {
  const { db, ids, blobs, jobs, audit, items } = context;

  const recordIn = (
    tx: Transaction,
    by: DeveloperCall,
    event: { action: string; id: string; changes?: object },
  ) =>
    audit.recordIn(tx, {
      action: `adiuva.${event.action}`,
      actor: actorOf(by.caller),
      accountId: by.accountId,
      target: { kind: event.action.split('.')[0] ?? 'plugin', id: event.id },
      changes: { ...event.changes },
      origin: by.origin,
    });

  async function signingKey(accountId: AccountId, { keyId, sha256, signature }: Submission) {
    const [[key]] = await db.tenant(accountId, [store.findKey(accountId, keyId)]);
    if (key === undefined) throw new AppError('developer_key_not_found');
    if (key.revoked_at !== null) throw new AppError('developer_key_revoked');
    if (!verify(null, Buffer.from(sha256, 'hex'), key.public_key, Buffer.from(signature, 'base64')))
      throw new AppError('package_signature_invalid');
    return key;
  }

  async function insertIn(tx: Transaction, by: DeveloperCall, version: store.NewVersion): Promise<void> {
    const { accountId } = by;
    const { manifest } = version;
    await tx.runAll([plugins.lockNames(), store.lockDeveloper(accountId)]);
    for (const { upload_id: former } of await tx.run(
      store.deleteUnsent(accountId, manifest.id, manifest.version),
    ))
      if (former !== null) await tx.run(plugins.forgetFile(accountId, former));
    const [kept] = await tx.run(store.keptOf(accountId));
    if ((kept?.waiting ?? 0) >= MOST_WAITING) throw new AppError('plugin_versions_waiting');
    if ((kept?.bytes ?? 0) + version.bytes > MOST_BYTES) throw new AppError('plugin_storage_full');
    const [plugin] = await tx.run(plugins.lockPlugin(manifest.id));
    if (plugin !== undefined && plugin.developer !== accountId) throw new AppError('plugin_id_taken');
    if (plugin?.state === 'removed') throw new AppError('plugin_removed');
    const looks = looksOf(manifest);
    const [taken] = await tx.run(plugins.lookAlike(manifest.id, accountId, looks));
    if (taken !== undefined) throw new AppError('plugin_name_taken', { details: { field: taken.field } });
    const [highest] = await tx.run(store.highestVersion(manifest.id));
    if (highest !== undefined && !isAbove(manifest.version, highest.version))
      throw new AppError('plugin_version_not_above', { details: { version: highest.version } });
    await tx.runAll([
      store.draftPlugin(manifest, { developer: accountId, looks, currency: CURRENCY }),
      store.insertVersion(version),
    ]);
    const { id, version: number } = manifest;
    await recordIn(tx, by, { action: 'plugin.submitted', id, changes: { version: number } });
  }

  return {
    async listKeys(accountId: AccountId) {
      const [rows] = await db.tenant(accountId, [store.listKeys(accountId)]);
      return rows.map((row) => shownBy(developerKey, row));
    },

    /** One that is there already is answered. Throws `developer_key_invalid`, and `conflict` for one that was revoked. */
    addKey(by: DeveloperCall & { readonly once: Once }, { name, pem }: { name: string; pem: string }) {
      const publicKey = ed25519Pem(pem);
      const id = ids.next();
      return by.once(KEY, async (tx) => {
        const key = { id, name, pem: publicKey, userId: by.caller.userId };
        const [made] = await tx.run(store.insertKey(by.accountId, key));
        if (made === undefined)
          throw new AppError('conflict', {
            message: 'This key was revoked, or your account has 50 keys.',
          });
        if (made.id === id) await recordIn(tx, by, { action: 'developer_key.added', id });
        return answer(201, shownBy(developerKey, made));
      });
    },

    /** Its versions that wait are not approved any more; what is published stays. */
    async revokeKey(by: DeveloperCall, id: string) {
      return db.tenant(by.accountId, KEY_REVOKED, async (tx) => {
        const [former] = await tx.run(store.findKey(by.accountId, id));
        const [key] = await tx.run(store.revokeKey(by.accountId, id));
        if (key === undefined) throw new AppError('developer_key_not_found');
        if (former?.revoked_at === null) await recordIn(tx, by, { action: 'developer_key.revoked', id });
        return shownBy(developerKey, key);
      });
    },

    /** Writes down a version and answers where its package is sent. Nothing is kept of one that is refused. */
    async submit(by: DeveloperCall, submission: Submission) {
      const { accountId, caller } = by;
      const { manifest, sha256, bytes } = submission;
      refuseManifest(manifest);
      const key = await signingKey(accountId, submission);
      const { blobId, upload } = await blobs.presign({
        accountId,
        filename: `${manifest.id}-${manifest.version}.zip`,
        type: 'application/zip',
        bytes,
        sha256,
        purpose: 'plugin_upload',
        createdBy: caller.userId,
      });
      const version = { ...submission, id: ids.next(), developer: accountId, publicKey: key.public_key };
      try {
        await db.system('adiuva.review', SUBMITTED, (tx) =>
          insertIn(tx, by, { ...version, uploadId: blobId }),
        );
      } catch (error) {
        await db.tenant(accountId, DROPPED, blobs.forgetting(accountId, blobId));
        throw error;
      }
      return { id: manifest.id, version: manifest.version, state: 'pending_upload' as const, upload };
    },

    /** Looks at what was sent, and has it checked. Done again it answers the same. */
    async complete(by: DeveloperCall, pluginId: string, version: string) {
      const { accountId, origin } = by;
      const find = store.ownVersion(accountId, pluginId, version);
      const [[row]] = await db.system('adiuva.review', [find]);
      if (row === undefined) throw new AppError('plugin_version_not_found');
      if (row.state !== 'pending_upload' || row.upload_id === null) return row;
      await blobs.complete(accountId, row.upload_id);
      const sent = await db.system('adiuva.review', COMPLETED, async (tx) => {
        const [marked] = await tx.run(store.markSent(row.id));
        if (marked === undefined) return undefined;
        const job = { kind: 'adiuva.check-package', lane: 'batch', payload: { version_id: row.id } } as const;
        await tx.runAll(jobs.enqueueing(accountId, { ...job, requestId: origin.requestId }));
        return marked;
      });
      jobs.wake();
      if (sent !== undefined) return sent;
      const [[present]] = await db.system('adiuva.review', [find]);
      if (present === undefined) throw new AppError('plugin_version_not_found');
      return present;
    },

    async list(accountId: AccountId, { cursor, limit }: { cursor?: string | undefined; limit: number }) {
      const after = cursor === undefined ? undefined : positionOf(cursor, z.tuple([z.string().max(64)]))[0];
      const [rows] = await db.system('adiuva.review', [
        store.pluginsOf(accountId, { after, limit: limit + 1 }),
      ]);
      return page(rows, limit, { item: (row) => shownBy(ownPlugin, row), position: ({ id }) => [id] });
    },

    async read(accountId: AccountId, id: string) {
      const [[plugin], versions] = await db.system('adiuva.review', [
        plugins.onePlugin(id),
        plugins.versionsOf(id),
      ]);
      if (plugin?.developer !== accountId) throw new AppError('plugin_not_found');
      return { ...plugin, versions: versions.map((row) => shownBy(ownVersion, row)) };
    },

    async withdrawVersion(by: DeveloperCall, pluginId: string, version: string): Promise<void> {
      const { accountId } = by;
      await db.system('adiuva.review', WITHDRAWN, async (tx) => {
        const [row] = await tx.run(store.ownVersion(accountId, pluginId, version));
        if (row === undefined) throw new AppError('plugin_version_not_found');
        if (row.state === 'withdrawn') return;
        const withdrawn = await withdrawIn(
          tx,
          store.withdrawWaiting(accountId, pluginId, version),
          accountId,
        );
        if (withdrawn === 0) throw new AppError('plugin_version_not_waiting');
        await recordIn(tx, by, { action: 'plugin.version_withdrawn', id: pluginId, changes: { version } });
      });
    },

    /** Nobody is sold it any more; who has it keeps it. A version that is approved later offers it again. */
    async withdraw(by: DeveloperCall, id: string): Promise<void> {
      await db.system('adiuva.review', WITHDRAWN, async (tx) => {
        const [plugin] = await tx.run(plugins.lockPlugin(id));
        if (plugin?.developer !== by.accountId) throw new AppError('plugin_not_found');
        if (plugin.state === 'removed') throw new AppError('plugin_removed');
        await withdrawIn(tx, store.withdrawWaiting(by.accountId, id), by.accountId);
        if (plugin.state === 'withdrawn') return;
        await tx.run(store.withdrawPlugin(id));
        await recordIn(tx, by, { action: 'plugin.withdrawn', id });
      });
      await items.close(id);
    },

    /** For the transaction in which somebody can be paid, or can't any more. */
    async payeeChangedIn(
      tx: Transaction,
      change: { readonly accountId: AccountId; readonly isPayable: boolean },
    ) {
      await tx.runAll(store.setPayable(change.accountId, change.isPayable));
    },
  };
}

async function withdrawIn(
  tx: Transaction,
  withdrawing: ReturnType<typeof store.withdrawWaiting>,
  accountId: AccountId,
): Promise<number> {
  const rows = await tx.run(withdrawing);
  for (const { upload_id: upload } of rows)
    if (upload !== null) await tx.run(plugins.forgetFile(accountId, upload));
  return rows.length;
}

/** As PEM in one form, whatever its line ends. */
function ed25519Pem(pem: string): string {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: pem, format: 'pem', type: 'spki' });
  } catch (cause) {
    throw new AppError('developer_key_invalid', { cause });
  }
  // A private key has a public one too, and is nobody’s to send.
  if (key.asymmetricKeyType !== 'ed25519' || pem.includes('PRIVATE'))
    throw new AppError('developer_key_invalid');
  return String(key.export({ type: 'spki', format: 'pem' }));
}

function refuseManifest(manifest: PluginManifest): void {
  const { found } = checkManifest(manifest);
  const [first] = found;
  if (first !== undefined) {
    const findings = found.map(({ code: what, detail }) => ({ code: what, detail: detail ?? null }));
    if (first.code === 'permission_unknown')
      throw new AppError('plugin_permission_unknown', { details: { findings } });
    throw new AppError('plugin_manifest_refused', { details: { findings } });
  }
  const field = reservedIn(manifest);
  if (field !== undefined) throw new AppError('plugin_name_reserved', { details: { field } });
}
