import { actorOf } from '#platform/audit';
import { managersOf } from '#platform/billing';
import { commitPoint, type Transaction } from '#platform/db';
import { createClamd } from '#platform/files';
import type { Caller, Origin } from '#platform/http';
import { type AccountId, AppError, sha256 } from '#platform/kernel';
import { type ProductContext, type RunningJob, timeList } from '#platform/product';
import { PLATFORM_ACCOUNT } from '#platform/queue';
import type { SigningKeys } from '#platform/signing';
import {
  forgetFile,
  lockNames,
  lockPlugin,
  lookAlike,
  onePlugin,
  type VersionRow,
  versionsOf,
} from '../store.ts';
import { signJson } from '../keys.ts';
import { adiuvaMails } from '../mails.ts';
import { looksOf } from '../names.ts';
import * as store from './admin-store.ts';
import { checkVersion } from './check-version.ts';
import { isAbove } from './manifest.ts';
import { createRevokedList } from './revoked.ts';

const REVIEWED = commitPoint(
  'adiuva.plugin-reviewed',
  'what a review decided of a version, its audit and mails',
);
const REMOVED = commitPoint('adiuva.plugin-removed', 'a removed plugin, and the job that tells who has it');
const TOLD = commitPoint(
  'adiuva.plugin-removal-told',
  'the mails to some of those who have a removed plugin',
);
const SWEPT = commitPoint('adiuva.plugins-swept', 'versions that never came, and files that are nobody’s');
const DROPPED = commitPoint(
  'adiuva.plugin-copy-dropped',
  'a copy given up, of a version that was not approved',
);

const TOLD_AT_ONCE = 100;
const SWEPT_AT_ONCE = 500;

/** An operator at work. */
export interface ReviewerCall {
  readonly caller: Caller;
  readonly origin: Origin;
}

export type Decision =
  | { readonly decision: 'approve'; readonly notes?: string | undefined }
  | { readonly decision: 'reject'; readonly notes: string };

/** What operators do with plugins, and the work that follows. */
export function createReview(context: ProductContext & { readonly keys: SigningKeys }) {
  const { db, blobs, jobs, mail, audit, items, clock, clamdUrl, keys } = context;
  const scanner = clamdUrl === undefined ? undefined : createClamd(clamdUrl);
  const revoked = createRevokedList({ db, clock, keys });

  const recordIn = (
    tx: Transaction,
    { caller, origin }: ReviewerCall,
    event: { action: string; accountId: AccountId | null; id: string; changes: Record<string, unknown> },
  ) =>
    audit.recordIn(tx, {
      action: `adiuva.${event.action}`,
      actor: actorOf(caller),
      accountId: event.accountId ?? undefined,
      target: { kind: 'plugin', id: event.id },
      changes: event.changes,
      origin,
    });

  async function tellIn(
    tx: Transaction,
    accountId: AccountId | null,
    letter: (to: {
      account: string;
    }) => Pick<Parameters<typeof mail.sending>[0], 'template' | 'facts' | 'once'>,
  ): Promise<void> {
    if (accountId === null) return;
    for (const { user_id: userId, email: to, account } of await tx.run(managersOf(accountId))) {
      const { once, ...rest } = letter({ account });
      await tx.runAll(mail.sending({ ...rest, to, userId, accountId, once: `${once} ${userId}` }));
    }
  }

  async function rejectIn(
    tx: Transaction,
    by: ReviewerCall,
    { row, notes }: { row: VersionRow; notes: string },
  ) {
    const { plugin_id: id, version, developer } = row;
    await tx.run(store.rejectVersion(row.id, { by: by.caller.userId, notes }));
    await forgetUploadIn(tx, row);
    await recordIn(tx, by, {
      action: 'plugin.rejected',
      accountId: developer,
      id,
      changes: { version, notes },
    });
    await tellIn(tx, developer, () => ({
      template: adiuvaMails.plugin_rejected,
      facts: { plugin: row.manifest.name, version, reason: notes },
      once: `rejected ${row.id}`,
    }));
  }

  /** Copies the package to where it outlives its developer, signs what was approved, and offers it. */
  async function approve(by: ReviewerCall, row: VersionRow, notes: string | undefined): Promise<void> {
    const { plugin_id: id, version, developer, manifest, permissions, public_key } = row;
    await db.system('adiuva.review', (tx) => assertReviewableIn(tx, by, { row, decision: 'approve' }));
    const bytes = await readPackage(row);
    const at = new Date(clock.now()).toISOString();
    const signed = { plugin_id: id, version, sha256: row.sha256, permissions, public_key, approved_at: at };
    const countersignature = { ...(await signJson(keys, signed)), signed };
    const { id: blobId } = await blobs.put({
      accountId: PLATFORM_ACCOUNT,
      filename: `${id}-${version}.zip`,
      type: 'application/zip',
      purpose: 'plugin',
      bytes,
    });
    try {
      await db.system('adiuva.review', REVIEWED, async (tx) => {
        await tx.run(lockNames());
        const [plugin] = await tx.run(lockPlugin(id));
        const [present] = await tx.run(store.lockVersion(row.id));
        if (plugin === undefined || present === undefined) throw new AppError('plugin_version_not_found');
        await assertReviewableIn(tx, by, { row: present, decision: 'approve' });
        if (plugin.version !== null && !isAbove(version, plugin.version))
          throw new AppError('plugin_version_not_above', { details: { version: plugin.version } });
        const looks = looksOf(manifest);
        const [taken] = await tx.run(lookAlike(id, developer, looks));
        if (taken !== undefined) throw new AppError('plugin_name_taken', { details: { field: taken.field } });
        const approval = { blobId, countersignature, at, by: by.caller.userId, notes: notes ?? null };
        await tx.runAll([store.approveVersion(row.id, approval), store.publishPlugin(manifest, looks, at)]);
        await forgetUploadIn(tx, present);
        await recordIn(tx, by, { action: 'plugin.approved', accountId: developer, id, changes: { version } });
        await tellIn(tx, developer, () => ({
          template: adiuvaMails.plugin_approved,
          facts: { plugin: manifest.name, version },
          once: `approved ${row.id}`,
        }));
      });
    } catch (error) {
      await db.tenant(PLATFORM_ACCOUNT, DROPPED, blobs.forgetting(PLATFORM_ACCOUNT, blobId));
      throw error;
    }
  }

  /** The bytes that were checked, and no others. */
  async function readPackage({
    developer,
    upload_id: uploadId,
    sha256: digest,
  }: VersionRow): Promise<Buffer> {
    if (developer === null || uploadId === null) throw new AppError('plugin_version_not_waiting');
    const chunks: Buffer[] = [];
    for await (const chunk of await blobs.open(developer, uploadId)) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    if (sha256(bytes) !== digest) throw new Error('the bytes of a package are others than were checked');
    return bytes;
  }

  return {
    revoked: revoked.read,

    async pending({ cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number }) {
      const waiting = timeList('pending plugins', {});
      const [rows] = await db.system('adiuva.review', [
        store.waitingVersions(waiting.after(cursor), limit + 1),
      ]);
      return waiting.page(rows, limit);
    },

    async read(id: string) {
      const [[plugin], versions] = await db.system('adiuva.review', [onePlugin(id), versionsOf(id)]);
      if (plugin === undefined) throw new AppError('plugin_not_found');
      return { plugin, versions };
    },

    /** Decided again in the same way, it stays so. */
    async review(
      by: ReviewerCall,
      pluginId: string,
      { version, ...decided }: Decision & { version: string },
    ) {
      const [[row]] = await db.system('adiuva.review', [store.versionOf(pluginId, version)]);
      if (row === undefined) throw new AppError('plugin_version_not_found');
      const outcome = decided.decision === 'approve' ? 'approved' : 'rejected';
      if (row.state !== outcome) {
        if (decided.decision === 'approve') await approve(by, row, decided.notes);
        else {
          const { notes } = decided;
          await db.system('adiuva.review', REVIEWED, async (tx) => {
            const [present = row] = await tx.run(store.lockVersion(row.id));
            await assertReviewableIn(tx, by, { row: present, decision: 'reject' });
            await rejectIn(tx, by, { row: present, notes });
          });
        }
        mail.wake();
      }
      const [[present = row]] = await db.system('adiuva.review', [store.versionById(row.id)]);
      return present;
    },

    /** Nobody installs it from here on, and clients stop it; its bytes go with the next sweep of files. */
    async remove({ caller, origin }: ReviewerCall, id: string, reason: string): Promise<void> {
      await db.system('adiuva.review', REMOVED, async (tx) => {
        const [plugin] = await tx.run(lockPlugin(id));
        if (plugin === undefined) throw new AppError('plugin_not_found');
        if (plugin.state === 'removed') return;
        await tx.run(store.removePlugin(id, reason));
        for (const one of await tx.run(store.removeVersions(id))) {
          if (one.blob_id !== null) await tx.run(forgetFile(PLATFORM_ACCOUNT, one.blob_id));
          await forgetUploadIn(tx, one);
        }
        const job = { kind: 'adiuva.tell-removed', lane: 'batch', payload: { plugin_id: id } } as const;
        await tx.runAll(jobs.enqueueing(PLATFORM_ACCOUNT, { ...job, requestId: origin.requestId }));
        const { developer: accountId, name } = plugin;
        await recordIn(
          tx,
          { caller, origin },
          { action: 'plugin.removed', accountId, id, changes: { reason } },
        );
        await tellIn(tx, accountId, ({ account }) => ({
          template: adiuvaMails.plugin_removed,
          facts: { plugin: name, account, reason },
          once: `removed ${id}`,
        }));
      });
      revoked.forget();
      jobs.wake();
      mail.wake();
      await items.close(id);
    },

    check: (job: RunningJob) => checkVersion({ db, blobs, scanner }, job),

    /** Tells the managers of each account that has the plugin, once. */
    async tellRemoved({ payload }: Pick<RunningJob, 'payload'>): Promise<void> {
      const id = payload['plugin_id'] ?? '';
      const [[plugin]] = await db.system('adiuva.review', [onePlugin(id)]);
      if (plugin === undefined) return;
      for (let told = TOLD_AT_ONCE; told === TOLD_AT_ONCE; ) {
        told = await db.system('adiuva.review', TOLD, async (tx) => {
          const buyers = await tx.run(store.buyersToTell(id, TOLD_AT_ONCE));
          for (const { account_id: accountId } of buyers)
            await tellIn(tx, accountId, ({ account }) => ({
              template: adiuvaMails.plugin_removed,
              facts: { plugin: plugin.name, account, reason: plugin.removed_because ?? '' },
              once: `removed ${id}`,
            }));
          await tx.run(
            store.markTold(
              id,
              buyers.map((one) => one.account_id),
            ),
          );
          return buyers.length;
        });
        mail.wake();
      }
    },

    /** What one run leaves the next one finds. */
    async sweep(): Promise<void> {
      await db.system('adiuva.review', SWEPT, async (tx) => {
        for (const one of await tx.run(store.deleteAbandoned(SWEPT_AT_ONCE))) await forgetUploadIn(tx, one);
        await tx.runAll([store.deleteEmptyPlugins(), ...store.withdrawOrphans()]);
        for (const { id } of await tx.run(store.strayCopies(SWEPT_AT_ONCE)))
          await tx.run(forgetFile(PLATFORM_ACCOUNT, id));
      });
      const [ended] = await db.system('adiuva.review', [store.endedLately()]);
      for (const { id } of ended) await items.close(id);
    },
  };
}

async function forgetUploadIn(
  tx: Transaction,
  { developer, upload_id: upload }: Pick<VersionRow, 'developer' | 'upload_id'>,
): Promise<void> {
  if (developer !== null && upload !== null) await tx.run(forgetFile(developer, upload));
}

/** Throws where a version does not wait, or where who asks may not decide; before an approval, where it must not be approved. */
async function assertReviewableIn(
  tx: Transaction,
  { caller }: ReviewerCall,
  { row, decision }: { readonly row: VersionRow; readonly decision: Decision['decision'] },
): Promise<void> {
  if (row.state !== 'pending_review' || row.developer === null)
    throw new AppError('plugin_version_not_waiting');
  const [facts] = await tx.run(store.reviewFacts(caller.userId, row));
  if (facts?.is_own !== false) throw new AppError('plugin_own_review');
  if (decision === 'reject') return;
  if (row.checklist === null) throw new AppError('plugin_not_checked');
  if (row.is_blocked) throw new AppError('plugin_blocked');
  if (!facts.is_key_valid) throw new AppError('developer_key_revoked');
}
