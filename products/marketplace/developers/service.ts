import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import {
  type AccountId,
  answer,
  AppError,
  commitPoint,
  type Once,
  type ProductContext,
  storingRefusal,
  type Transaction,
} from 'plinth/product';
import { type Actor, recordingIn } from '../audit.ts';
import { looksOf, reservedIn } from '../names.ts';
import { checkManifest, isAbove, type PluginManifest } from '../review/manifest.ts';
import { ownPlugin, shownBy } from '../replies.ts';
import * as plugins from '../store.ts';
import * as store from './store.ts';

const KEY = commitPoint('adiuva.developer-key', 'a key of a developer, and the answer to a repeat');
const KEY_REVOKED = commitPoint('adiuva.developer-key-revoked', 'a developer’s key that signs no more');
const SUBMITTED = commitPoint('adiuva.plugin-submitted', 'a version whose package is not there yet');
const DROPPED = commitPoint('adiuva.plugin-upload-dropped', 'an upload of a version that was refused');
const COMPLETED = commitPoint('adiuva.plugin-completed', 'a version that waits, and the job that checks it');
const WITHDRAWN = commitPoint('adiuva.plugin-withdrawn', 'a version or plugin that its developer took back');

const MOST_WAITING = 20;
const MOST_BYTES = 1_000_000_000;

/** The caller, and for which account. */
export interface Developer extends Actor {
  readonly accountId: AccountId;
}

export function createDevelopers(context: ProductContext) {
  const { db, ids, blobs, jobs, items } = context;
  const recordIn = recordingIn(context);

  async function signingKey(accountId: AccountId, { key_id, sha256, signature }: store.Submission) {
    const [[key]] = await db.tenant(accountId, [store.findKey(accountId, key_id)]);
    if (key === undefined) throw new AppError('developer_key_not_found');
    if (key.revoked_at !== null) throw new AppError('developer_key_revoked');
    if (!verify(null, Buffer.from(sha256, 'hex'), key.public_key, Buffer.from(signature, 'base64')))
      throw new AppError('package_signature_invalid');
    return key.public_key;
  }

  return {
    listKeys: async (accountId: AccountId) => (await db.tenant(accountId, [store.listKeys(accountId)]))[0],

    /** One that is there already is answered. Throws `developer_key_invalid`, and `conflict` for one that was revoked. */
    addKey(
      by: Developer & { readonly once: Once },
      { name, public_key }: { name: string; public_key: string },
    ) {
      const pem = ed25519Pem(public_key);
      const { accountId } = by;
      const id = ids.next();
      return by.once(KEY, async (tx) => {
        const [made] = await tx.run(store.insertKey(accountId, { id, name, pem, userId: by.caller.userId }));
        if (made === undefined)
          throw new AppError('conflict', { message: 'This key was revoked, or your account has 50 keys.' });
        if (made.id === id) await recordIn(tx, by, { action: 'adiuva.developer_key.added', accountId, id });
        return answer(201, made);
      });
    },

    /** Its versions that wait are not approved any more; what is published stays. */
    revokeKey: (by: Developer, id: string) =>
      db.tenant(by.accountId, KEY_REVOKED, async (tx) => {
        const { accountId } = by;
        const [former] = await tx.run(store.findKey(accountId, id));
        const [key] = await tx.run(store.revokeKey(accountId, id));
        if (key === undefined) throw new AppError('developer_key_not_found');
        if (former?.revoked_at === null)
          await recordIn(tx, by, { action: 'adiuva.developer_key.revoked', accountId, id });
        return key;
      }),

    /** Writes down a version and answers where its package is sent. Nothing is kept of one that is refused. */
    async submit(by: Developer, submission: store.Submission) {
      const { accountId, caller } = by;
      const { manifest, sha256, bytes } = submission;
      const { id, version } = manifest;
      refuseManifest(manifest);
      const publicKey = await signingKey(accountId, submission);
      const { blobId: uploadId, upload } = await blobs.presign({
        accountId,
        filename: `${id}-${version}.zip`,
        type: 'application/zip',
        bytes,
        sha256,
        purpose: 'plugin_upload',
        createdBy: caller.userId,
      });
      try {
        await db.system('adiuva.review', SUBMITTED, async (tx) => {
          await assertAcceptableIn(tx, by, submission);
          const row = { id: ids.next(), developer: accountId, publicKey, uploadId };
          await tx.runAll([
            store.draftPlugin(manifest, accountId, looksOf(manifest)),
            store.insertVersion(submission, row),
          ]);
          await recordIn(tx, by, { action: 'adiuva.plugin.submitted', accountId, id, changes: { version } });
        });
      } catch (error) {
        await db.tenant(accountId, DROPPED, blobs.forgetting(accountId, uploadId));
        throw error;
      }
      return { id, version, state: 'pending_upload' as const, upload };
    },

    /** Looks at what was sent, and has it checked. Done again it answers the same. */
    async complete({ accountId, origin }: Developer, pluginId: string, version: string) {
      const find = async () => {
        const [[row]] = await db.system('adiuva.review', [plugins.readVersion(pluginId, version)]);
        if (row?.developer !== accountId) throw new AppError('plugin_version_not_found');
        return row;
      };
      const row = await find();
      if (row.state !== 'pending_upload' || row.upload_id === null) return row;
      await blobs.complete(accountId, row.upload_id).catch((error: unknown) => {
        throw storingRefusal(error);
      });
      const sent = await db.system('adiuva.review', COMPLETED, async (tx) => {
        const [marked] = await tx.run(store.markSent(row.id));
        if (marked === undefined) return undefined;
        const job = { kind: 'adiuva.check-package', lane: 'batch', payload: { version_id: row.id } } as const;
        await tx.runAll(jobs.enqueueing(accountId, { ...job, requestId: origin.requestId }));
        return marked;
      });
      jobs.wake();
      return sent ?? find();
    },

    async list(accountId: AccountId, { cursor, limit }: plugins.PageQuery) {
      const [rows] = await db.system('adiuva.review', [
        store.pluginsOf(accountId, plugins.idAfter(cursor), limit + 1),
      ]);
      return plugins.pageById(rows, limit, (row) => shownBy(ownPlugin, row));
    },

    async read(accountId: AccountId, id: string) {
      const { plugin, versions } = await plugins.readWithVersions(context, id);
      if (plugin.developer !== accountId) throw new AppError('plugin_not_found');
      return { plugin, versions };
    },

    async withdrawVersion(by: Developer, id: string, version: string): Promise<void> {
      const { accountId } = by;
      await db.system('adiuva.review', WITHDRAWN, async (tx) => {
        const [row] = await tx.run(plugins.readVersion(id, version));
        if (row?.developer !== accountId) throw new AppError('plugin_version_not_found');
        if (row.state === 'withdrawn') return;
        const withdrawn = await tx.run(store.withdrawWaiting(accountId, id, version));
        if (withdrawn.length === 0) throw new AppError('plugin_version_not_waiting');
        await recordIn(tx, by, {
          action: 'adiuva.plugin.version_withdrawn',
          accountId,
          id,
          changes: { version },
        });
      });
    },

    /** It is not sold any more; accounts that have it keep it. A version that is approved later offers it again. */
    async withdraw(by: Developer, id: string): Promise<void> {
      const { accountId } = by;
      await db.system('adiuva.review', WITHDRAWN, async (tx) => {
        const [plugin] = await tx.run(plugins.lockPlugin(id));
        if (plugin?.developer !== accountId) throw new AppError('plugin_not_found');
        if (plugin.state === 'removed') throw new AppError('plugin_removed');
        await tx.run(store.withdrawWaiting(accountId, id, null));
        if (plugin.state === 'withdrawn') return;
        await tx.run(store.withdrawPlugin(id));
        await recordIn(tx, by, { action: 'adiuva.plugin.withdrawn', accountId, id });
      });
      await items.close(id);
    },

    /** For the transaction in which a payee can be paid, or can't any more. */
    async payeeChangedIn(tx: Transaction, payee: { accountId: AccountId; isPayable: boolean }) {
      await tx.runAll(store.setPayable(payee.accountId, payee.isPayable));
    },
  };
}

/** Checks a submission against the names, numbers and space that there are. Locks the developer, and all names. */
async function assertAcceptableIn(
  tx: Transaction,
  { accountId }: Developer,
  { manifest, bytes }: store.Submission,
) {
  const { id, version } = manifest;
  await tx.runAll([
    plugins.lockNames(),
    store.lockDeveloper(accountId),
    store.deleteUnsent(accountId, id, version),
  ]);
  const [kept] = await tx.run(store.keptOf(accountId));
  if ((kept?.waiting ?? 0) >= MOST_WAITING) throw new AppError('plugin_versions_waiting');
  if ((kept?.bytes ?? 0) + bytes > MOST_BYTES) throw new AppError('plugin_storage_full');
  const [plugin] = await tx.run(plugins.lockPlugin(id));
  if (plugin !== undefined && plugin.developer !== accountId) throw new AppError('plugin_id_taken');
  if (plugin?.state === 'removed') throw new AppError('plugin_removed');
  const [taken] = await tx.run(plugins.lookAlike(id, accountId, looksOf(manifest)));
  if (taken !== undefined) throw new AppError('plugin_name_taken', { details: { field: taken.field } });
  const [highest] = await tx.run(store.highestVersion(id));
  if (highest !== undefined && !isAbove(version, highest.version))
    throw new AppError('plugin_version_not_above', { details: { version: highest.version } });
}

function ed25519Pem(pem: string): string {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: pem, format: 'pem', type: 'spki' });
  } catch (cause) {
    throw new AppError('developer_key_invalid', { cause });
  }
  // A private key has a public one too, and must not be sent.
  if (key.asymmetricKeyType !== 'ed25519' || pem.includes('PRIVATE'))
    throw new AppError('developer_key_invalid');
  return String(key.export({ type: 'spki', format: 'pem' }));
}

function refuseManifest(manifest: PluginManifest): void {
  const { found } = checkManifest(manifest);
  const findings = found.map(({ code, detail }) => ({ code, detail: detail ?? null }));
  if (found[0]?.code === 'permission_unknown')
    throw new AppError('plugin_permission_unknown', { details: { findings } });
  if (findings.length > 0) throw new AppError('plugin_manifest_refused', { details: { findings } });
  const field = reservedIn(manifest);
  if (field !== undefined) throw new AppError('plugin_name_reserved', { details: { field } });
}
