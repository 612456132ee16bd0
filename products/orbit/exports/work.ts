import {
  AppError,
  commitPoint,
  completeJob,
  type DeadJob,
  failJob,
  type JobFailure,
  type RunningJob,
  type Statement,
  type WorkKey,
  type WorkSignals,
} from 'plinth/product';
import { type ExportSource, type FileMaker, fitLine, type Format, languageOf } from '@plinth/documents';
import type { OrbitParts } from '../orbit-parts.ts';
import { noScope } from '../scopes/locking.ts';
import { lockScope } from '../scopes/store.ts';
import type { createSources } from './source.ts';
import { completeExport, type ExportRow, failExport, reviveExport, startExport } from './store.ts';

const START = commitPoint('orbit.export-start', 'an export marked as running');
const COMPLETE = commitPoint(
  'orbit.export-complete',
  'the file of an export and the storage that it takes, the settlement and the end of the job',
);
const FAIL = commitPoint(
  'orbit.export-fail',
  'an export that came to nothing, given back, and the end of its job',
);

const KINDS: Readonly<Record<Format, { readonly type: string; readonly ending: string }>> = {
  pdf: { type: 'application/pdf', ending: 'pdf' },
  docx: {
    type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    ending: 'docx',
  },
  markdown: { type: 'text/markdown', ending: 'md' },
};
/** Another try comes to the same: no such scope, too large, no storage left. */
const FINAL = new Set([
  'scope_not_found',
  'export_too_large',
  'limit_exceeded',
  'plan_required',
  'upload_invalid',
]);

export interface WorkParts {
  readonly sources: ReturnType<typeof createSources>;
  readonly making: FileMaker;
  readonly signals: WorkSignals;
}

/** The worker's part: the scope as it is now, made on another thread, stored in one commit. */
export function createWork(
  { db, blobs, changes, scopes }: OrbitParts,
  { sources, making, signals }: WorkParts,
) {
  async function run(job: RunningJob): Promise<void> {
    const key = exportOf(job);
    const [[row]] = await db.tenant(key.accountId, START, [startExport(key)]);
    // Over already: this delivery came twice, and the worker ends the job.
    if (row === undefined) return;
    signals.moved(db, key.id);
    try {
      await make(job, row);
    } catch (error) {
      if (!(error instanceof AppError) || !FINAL.has(error.code)) throw error;
      await giveUp(job, { code: error.code, message: error.message });
    }
  }

  async function make(job: RunningJob, row: ExportRow): Promise<void> {
    const key = exportOf(job);
    const { accountId } = key;
    const { format, citations, scope_id: scopeId } = row;
    const { source, logoBlobId, ...hashes } = await sources.read({ accountId, scopeId, format, citations });
    const logo = await sources.logoOf(accountId, logoBlobId);
    const branding = { ...source.branding, logo };
    const { bytes, missing } = await making.make({ format, source: { ...source, branding } }, job.signal);
    // A scope that was thrown away while its file was made is stored nowhere.
    await scopes.read(accountId, scopeId);
    const { type, ending } = KINDS[format];
    const filename = `${nameOf(source)}.${ending}`;
    const { blob, storing } = await blobs.putting({
      accountId,
      gauge: 'storage',
      filename,
      type,
      bytes,
      purpose: 'export',
      createdBy: row.created_by,
    });
    const unread =
      logo === null && logoBlobId !== null
        ? [{ what: 'logo', name: 'unreadable', characters: 0 } as const]
        : [];
    const made = { blobId: blob.id, bytes: blob.bytes, missing: [...missing, ...unread] };
    await db.tenant(accountId, COMPLETE, async (tx) => {
      // Its file could not be read, and is not charged.
      const [scope] = await tx.run(lockScope(accountId, scopeId));
      if (scope === undefined) throw noScope();
      await tx.runAll([
        ...storing,
        completeExport(key, { ...hashes, ...made, scopeVersion: source.version }),
        ...completeJob(job),
      ]);
      const by = { accountId, caller: { userId: row.created_by } };
      const data = { export_id: key.id, format };
      await changes.recordIn(tx, { ...by, scopeId, kind: 'export.completed', data });
    });
    signals.ended(db, key.id);
    changes.moved(scopeId);
  }

  /** It is not tried again: the requester sees the reason, and gets the export back. */
  async function giveUp(job: RunningJob, failure: JobFailure): Promise<void> {
    const key = exportOf(job);
    await db.tenant(key.accountId, FAIL, [failExport(key, failure), ...failJob(job, failure)]);
    signals.ended(db, key.id);
  }

  return { run, giveUp, revive: (job: DeadJob): Statement[] => [reviveExport(exportOf(job))] };
}

function exportOf({ accountId, payload }: Pick<RunningJob, 'accountId' | 'payload'>): WorkKey {
  return { accountId, id: payload['export_id'] ?? '' };
}

/** `Scope of Work – A new shop (v7)`, without what file systems can't take. */
function nameOf({ title, version, language }: ExportSource): string {
  const plain = fitLine(title)
    .replaceAll(/[\\/:*?"<>|]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 80)
    .trim();
  return `${languageOf(language).words.kind} – ${plain.toWellFormed()} (v${version})`;
}
