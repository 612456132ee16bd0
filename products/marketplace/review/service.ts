import {
  type AccountId,
  AppError,
  commitPoint,
  createClamd,
  managersOf,
  PLATFORM_ACCOUNT,
  type ProductContext,
  type RunningJob,
  sha256 as sha256Of,
  timeList,
  type Transaction,
} from 'plinth/product';
import { type Actor, recordingIn } from '../audit.ts';
import { tellRemoved } from '../catalogue/service.ts';
import { marketplaceMails } from '../mails.ts';
import { looksOf } from '../names.ts';
import type { MarketSigning } from '../signing.ts';
import * as plugins from '../store.ts';
import type { VersionRow } from '../store.ts';
import { checkPackage } from './check-package.ts';
import { isAbove } from './manifest.ts';
import * as store from './store.ts';

const REVIEWED = commitPoint('adiuva.plugin-reviewed', 'what a review decided, its audit and mails');
const CHECKED = commitPoint('adiuva.plugin-checked', 'the checklist of a version, and its files');
const REMOVED = commitPoint('adiuva.plugin-removed', 'a removed plugin, and the job that tells who has it');
const TOLD = commitPoint('adiuva.plugin-removal-told', 'mails to some who have a removed plugin');
const SWEPT = commitPoint('adiuva.plugins-swept', 'versions that never came, and files that are nobody’s');
const DROPPED = commitPoint('adiuva.plugin-copy-dropped', 'a copy of a version that was not approved');

const TOLD_AT_ONCE = 100;
const SWEPT_AT_ONCE = 500;

export type Decision =
  | { readonly decision: 'approve'; readonly notes?: string | undefined }
  | { readonly decision: 'reject'; readonly notes: string };

/** Acts of operators on plugins, and the work that follows. */
export function createReview(context: ProductContext & { readonly signing: MarketSigning }) {
  const { db, blobs, jobs, mail, items, clock, clamdUrl, signing } = context;
  const scanner = clamdUrl === undefined ? undefined : createClamd(clamdUrl);
  const recordIn = recordingIn(context);

  async function tellIn(
    tx: Transaction,
    accountId: AccountId | null,
    letter: (account: string) => Pick<Parameters<typeof mail.sending>[0], 'template' | 'facts' | 'once'>,
  ): Promise<void> {
    if (accountId === null) return;
    for (const { user_id: userId, email: to, account } of await tx.run(managersOf(accountId))) {
      const { once, ...rest } = letter(account);
      await tx.runAll(mail.sending({ ...rest, to, userId, accountId, once: `${once} ${userId}` }));
    }
  }

  async function rejectIn(tx: Transaction, by: Actor, { row, notes }: { row: VersionRow; notes: string }) {
    const { plugin_id: id, version, developer: accountId } = row;
    await tx.run(store.rejectVersion(row.id, by.caller.userId, notes));
    await recordIn(tx, by, { action: 'adiuva.plugin.rejected', accountId, id, changes: { version, notes } });
    await tellIn(tx, accountId, () => ({
      template: marketplaceMails.plugin_rejected,
      facts: { plugin: row.manifest.name, version, reason: notes },
      once: `rejected ${row.id}`,
    }));
  }

  /** Copies the package to where it outlives its developer, signs what was approved, and offers it. */
  async function approve(by: Actor, row: VersionRow, notes: string | undefined): Promise<void> {
    const { plugin_id: id, version, permissions, public_key } = row;
    await db.system('adiuva.review', (tx) => assertApprovableIn(tx, by, row));
    const bytes = await readPackage(row);
    if (sha256Of(bytes) !== row.sha256)
      throw new Error('the bytes of a package are others than were checked');
    const at = new Date(clock.now()).toISOString();
    const signed = { plugin_id: id, version, sha256: row.sha256, permissions, public_key, approved_at: at };
    const countersignature = { ...(await signing.signJson(signed)), signed };
    const { id: blobId } = await blobs.put({
      accountId: PLATFORM_ACCOUNT,
      filename: `${id}-${version}.zip`,
      type: 'application/zip',
      purpose: 'plugin',
      bytes,
    });
    try {
      await db.system('adiuva.review', REVIEWED, async (tx) => {
        const accountId = await lockPublishableIn(tx, by, row);
        const { userId } = by.caller;
        await tx.runAll([
          store.approveVersion(row.id, { at, by: userId, notes: notes ?? null, blobId, countersignature }),
          store.publishPlugin(row.id, looksOf(row.manifest), at),
        ]);
        await recordIn(tx, by, { action: 'adiuva.plugin.approved', accountId, id, changes: { version } });
        await tellIn(tx, accountId, () => ({
          template: marketplaceMails.plugin_approved,
          facts: { plugin: row.manifest.name, version },
          once: `approved ${row.id}`,
        }));
      });
    } catch (error) {
      await db.tenant(PLATFORM_ACCOUNT, DROPPED, blobs.forgetting(PLATFORM_ACCOUNT, blobId));
      throw error;
    }
  }

  async function readPackage({ developer, upload_id }: VersionRow): Promise<Buffer> {
    if (developer === null || upload_id === null) throw new AppError('plugin_version_not_waiting');
    const file = await blobs.open(developer, upload_id).catch((error: unknown) => {
      // Its developer has withdrawn it meanwhile.
      const isGone = error instanceof AppError && error.code === 'blob_not_found';
      throw isGone ? new AppError('plugin_version_not_waiting') : error;
    });
    const chunks: Buffer[] = [];
    for await (const chunk of file) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  return {
    async pending({ cursor, limit }: plugins.PageQuery) {
      const waiting = timeList('pending plugins', {});
      const after = waiting.after(cursor);
      const [rows] = await db.system('adiuva.review', [store.waitingVersions(after, limit + 1)]);
      return waiting.page(rows, limit);
    },

    read: (id: string) => plugins.readWithVersions(context, id),

    /** Decided again in the same way, it stays so. */
    async review(by: Actor, pluginId: string, { version, ...decided }: Decision & { version: string }) {
      const [[row]] = await db.system('adiuva.review', [plugins.readVersion(pluginId, version)]);
      if (row === undefined) throw new AppError('plugin_version_not_found');
      if (row.state === (decided.decision === 'approve' ? 'approved' : 'rejected')) return row;
      if (decided.decision === 'approve') await approve(by, row, decided.notes);
      else {
        const { notes } = decided;
        await db.system('adiuva.review', REVIEWED, async (tx) => {
          const [present = row] = await tx.run(store.lockVersion(row.id));
          await assertDecidableIn(tx, by, present);
          await rejectIn(tx, by, { row: present, notes });
        });
      }
      mail.wake();
      const [[present = row]] = await db.system('adiuva.review', [store.versionById(row.id)]);
      return present;
    },

    /** It can't be installed from here on, and clients stop it; its bytes go with the next sweep of files. */
    async remove(by: Actor, id: string, reason: string): Promise<void> {
      await db.system('adiuva.review', REMOVED, async (tx) => {
        const [plugin] = await tx.run(plugins.lockPlugin(id));
        if (plugin === undefined) throw new AppError('plugin_not_found');
        if (plugin.state === 'removed') return;
        await tx.runAll([store.removePlugin(id, reason), store.removeVersions(id)]);
        const { requestId } = by.origin;
        await tx.runAll(jobs.enqueueing(PLATFORM_ACCOUNT, { ...tellRemoved(id), requestId }));
        const { developer: accountId, name } = plugin;
        await recordIn(tx, by, { action: 'adiuva.plugin.removed', accountId, id, changes: { reason } });
        await tellIn(tx, accountId, letterOfRemoval(id, name, reason));
      });
      signing.forgetRevoked();
      jobs.wake();
      mail.wake();
      await items.close(id);
    },

    /** Fills the checklist of a version that waits. Done again it finds the same. */
    async check({ payload, signal }: RunningJob): Promise<void> {
      const [[row]] = await db.system('adiuva.review', [store.versionById(payload['version_id'] ?? '')]);
      if (row?.state !== 'pending_review') return;
      const [[previous]] = await db.system('adiuva.review', [store.previousVersion(row.plugin_id)]);
      const { manifest, sha256, public_key: publicKey } = row;
      const signature = Buffer.from(row.signature, 'base64');
      const former = previous && { manifest: previous.manifest, files: previous.files?.files ?? [] };
      const request = {
        zip: await readPackage(row),
        manifest,
        sha256,
        publicKey,
        signature,
        previous: former,
      };
      const report = await checkPackage(request, { scanner, signal });
      await db.system('adiuva.review', CHECKED, [store.storeReport(row.id, report)]);
    },

    /** Tells the managers of each account that has the plugin, once. */
    async tellRemoved({ payload }: Pick<RunningJob, 'payload'>): Promise<void> {
      const id = payload['plugin_id'] ?? '';
      const [[plugin]] = await db.system('adiuva.review', [plugins.readPlugin(id)]);
      if (plugin === undefined) return;
      const letter = letterOfRemoval(id, plugin.name, plugin.removed_because ?? '');
      for (let told = TOLD_AT_ONCE; told === TOLD_AT_ONCE; mail.wake())
        told = await db.system('adiuva.review', TOLD, async (tx) => {
          const buyers = (await tx.run(store.buyersToTell(id, TOLD_AT_ONCE))).map((one) => one.account_id);
          for (const accountId of buyers) await tellIn(tx, accountId, letter);
          await tx.run(store.markTold(id, buyers));
          return buyers.length;
        });
    },

    /** Runs until done; the next run takes the rest. */
    async sweep(): Promise<void> {
      await db.system('adiuva.review', SWEPT, store.sweeping(SWEPT_AT_ONCE));
      const [ended] = await db.system('adiuva.review', [store.endedLately]);
      for (const { id } of ended) await items.close(id);
    },
  };
}

const letterOfRemoval = (id: string, plugin: string, reason: string) => (account: string) => ({
  template: marketplaceMails.plugin_removed,
  facts: { plugin, account, reason },
  once: `removed ${id}`,
});

/** Locks what is approved in this transaction; answers its developer. Throws where it must not be, or another one has its names or number by now. */
async function lockPublishableIn(tx: Transaction, by: Actor, { id: versionId, ...row }: VersionRow) {
  const { plugin_id: id, version, developer, manifest } = row;
  await tx.run(plugins.lockNames());
  const [plugin] = await tx.run(plugins.lockPlugin(id));
  const [present] = await tx.run(store.lockVersion(versionId));
  if (plugin === undefined || present === undefined) throw new AppError('plugin_version_not_found');
  await assertApprovableIn(tx, by, present);
  if (plugin.version !== null && !isAbove(version, plugin.version))
    throw new AppError('plugin_version_not_above', { details: { version: plugin.version } });
  const [taken] = await tx.run(plugins.lookAlike(id, developer, looksOf(manifest)));
  if (taken !== undefined) throw new AppError('plugin_name_taken', { details: { field: taken.field } });
  return present.developer;
}

/** Throws where a version does not wait, or where who asks may not decide. */
async function assertDecidableIn(tx: Transaction, { caller }: Actor, row: VersionRow) {
  if (row.state !== 'pending_review' || row.developer === null)
    throw new AppError('plugin_version_not_waiting');
  const [facts] = await tx.run(store.reviewFacts(caller.userId, row));
  if (facts?.is_own !== false) throw new AppError('plugin_own_review');
  return facts;
}

/** The same, and throws where it can't be approved. */
async function assertApprovableIn(tx: Transaction, by: Actor, row: VersionRow): Promise<void> {
  const { is_key_valid } = await assertDecidableIn(tx, by, row);
  if (row.checklist === null) throw new AppError('plugin_not_checked');
  if (row.is_blocked) throw new AppError('plugin_blocked');
  if (!is_key_valid) throw new AppError('developer_key_revoked');
}
