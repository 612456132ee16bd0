import './errors.ts';
import {
  type AccountId,
  AppError,
  type Caller,
  commitPoint,
  createFollowing,
  type JobId,
  type Origin,
  type Page,
  type Permit,
  permitError,
  type RunningJob,
  type Spender,
  timeList,
  type TimePosition,
  type Transaction,
  type WorkKey,
  workSignals,
} from 'plinth/product';
import { createFileMaker } from '@plinth/documents';
import type { OrbitParts } from '../orbit-parts.ts';
import { createSources, type Source, type ExportRequest } from './source.ts';
import {
  dropExpired,
  expiredExports,
  type ExportRow,
  insertExport,
  keepExport,
  listExports,
  readExport,
  sweepExport,
} from './store.ts';
import { createWork } from './work.ts';

const ENQUEUE = commitPoint('orbit.export', 'an export, its job, and a line of the activity');
const REUSE = commitPoint('orbit.export-reused', 'an export that is there already is kept for longer');
const SWEPT = commitPoint(
  'orbit.export-swept',
  'an export whose time is over is gone, and its storage given back',
);

/** Exports that are looked for at once, by the sweep. */
const SWEEP_BATCH = 200;

/** Signals of an export to all processes, by its id. */
export const signals = workSignals('orbit.export');

/** The caller who asks for an export. */
export interface ExportAsker {
  readonly caller: Caller;
  readonly spender: Spender;
  readonly origin: Origin;
}

/** An export, and whether it was there before. */
export interface ExportResult {
  readonly row: ExportRow;
  readonly reused: boolean;
}

/** A scope as a file that can be sent. */
export function createExports(parts: OrbitParts) {
  const { db, blobs } = parts;
  const sources = createSources(parts);
  const work = createWork(parts, { sources, making: createFileMaker(), signals });
  const following = createFollowing<ExportRow>(db, { signals, read, statusOf: ({ status }) => status });

  /** Throws `export_not_found`. */
  async function read(key: WorkKey): Promise<ExportRow> {
    const [[row]] = await db.tenant(key.accountId, [readExport(key)]);
    if (row === undefined) throw new AppError('export_not_found');
    return row;
  }

  /** The file of the scope as it is: one that is there, or under way, or a new one that is charged and made by a job. */
  async function ask(wish: ExportRequest, asking: ExportAsker): Promise<ExportResult> {
    const source = await sources.read(wish);
    const kept = await reuse(wish, source);
    if (kept !== undefined) return kept;
    const permit = await permitFor(wish, asking).catch(async (error: unknown) => {
      // Another member may have taken the last one for the same file.
      const other = await reuse(wish, source);
      if (other !== undefined) return other;
      throw error;
    });
    return 'row' in permit ? permit : enqueue(parts, { wish, asking, source, permit });
  }

  async function reuse(
    { accountId, scopeId }: ExportRequest,
    { sourceHash }: Source,
  ): Promise<ExportResult | undefined> {
    const [[row]] = await db.tenant(accountId, REUSE, [keepExport({ accountId, scopeId, sourceHash })]);
    return row === undefined ? undefined : { row, reused: true };
  }

  function permitFor({ accountId }: ExportRequest, { spender, origin }: ExportAsker): Promise<Permit> {
    const { requestId } = origin;
    return parts.plan.permit({ accountId, spender, feature: 'export', as: 'job', textBytes: 0, requestId });
  }

  /** Newest first. */
  async function list(
    accountId: AccountId,
    query: { readonly scopeId: string; readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<Page<ExportRow & TimePosition>> {
    const { scopeId, limit } = query;
    await parts.scopes.read(accountId, scopeId);
    const exports = timeList('exports', { scopeId });
    const after = exports.after(query.cursor);
    const [rows] = await db.tenant(accountId, [listExports(accountId, { scopeId, after, limit: limit + 1 })]);
    return exports.page(rows, limit);
  }

  /** Deletes exports that were not asked for in their time, of all accounts; their storage is given back in the same commit. */
  async function sweep(): Promise<void> {
    for (;;) {
      const [due] = await db.system('orbit.exports', [expiredExports(SWEEP_BATCH)]);
      for (const { account_id: accountId, id } of due)
        await db.tenant(accountId, SWEPT, async (tx) => {
          const gone = await tx.run(sweepExport({ accountId, id }));
          await forget(tx, parts, { accountId, gone });
        });
      if (due.length < SWEEP_BATCH) return;
    }
  }

  return {
    ask,
    read,
    waitFor: following.waitFor,
    list,
    sweep,
    run: (job: RunningJob) => work.run(job),
    giveUp: work.giveUp,
    revive: work.revive,
    /** A link to the file of an export that is completed; none of others. */
    async linkOf({ accountId, row }: { readonly accountId: AccountId; readonly row: ExportRow }) {
      return row.blob_id === null ? undefined : blobs.download(accountId, row.blob_id);
    },
  };
}

/** One commit: the export and the job, which owns the permit from now on. A second request gets the first one's. */
async function enqueue(
  parts: OrbitParts,
  {
    wish,
    asking,
    source,
    permit,
  }: { wish: ExportRequest; asking: ExportAsker; source: Source; permit: Permit },
): Promise<ExportResult> {
  const { db, ids, jobs, changes } = parts;
  const { accountId, scopeId, format, citations } = wish;
  const { caller, origin } = asking;
  const [id, jobId] = [ids.next(), ids.next<JobId>()];
  const { sourceHash, brandingHash } = source;
  const key = { accountId, scopeId, sourceHash };
  const made = { accountId, id, scopeId, format, citations, sourceHash, brandingHash, jobId };
  const payload = { export_id: id };
  const job = { id: jobId, kind: 'orbit.export', lane: 'interactive', payload } as const;
  try {
    const asked = await db.tenant(accountId, ENQUEUE, async (tx): Promise<ExportResult> => {
      await forget(tx, parts, { accountId, gone: await tx.run(dropExpired(key)) });
      const scopeVersion = source.source.version;
      const [row] = await tx.run(insertExport({ ...made, scopeVersion, userId: caller.userId }));
      if (row === undefined) {
        const [other] = await tx.run(keepExport(key));
        if (other === undefined) throw new AppError('export_not_found');
        return { row: other, reused: true };
      }
      await tx.runAll(jobs.enqueueing(accountId, { ...job, requestId: origin.requestId, permit }));
      const data = { export_id: id, format, version: scopeVersion };
      await changes.recordIn(tx, { accountId, caller, origin, scopeId, kind: 'export.created', data });
      return { row, reused: false };
    });
    if (asked.reused) await permit.release('another export of the same');
    else {
      jobs.wake();
      changes.moved(scopeId);
    }
    return asked;
  } catch (error) {
    // Should the job be there all the same, the permit is the job's, and this changes nothing.
    await permit.abandon('no export').catch(() => {});
    throw permitError(error);
  }
}

async function forget(
  tx: Transaction,
  { blobs }: Pick<OrbitParts, 'blobs'>,
  {
    accountId,
    gone,
  }: { readonly accountId: AccountId; readonly gone: readonly { readonly blob_id: string | null }[] },
): Promise<void> {
  for (const { blob_id: blobId } of gone)
    if (blobId !== null) await tx.runAll([...blobs.forgetting(accountId, blobId)]);
}

export type Exports = ReturnType<typeof createExports>;
