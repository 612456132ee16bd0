import {
  type AccountId,
  answerFollower,
  AppError,
  cancelWork,
  commitPoint,
  createFollowing,
  type DeadJob,
  type Follower,
  type JobFailure,
  type Once,
  type Page,
  type Progress,
  type RunningJob,
  timeList,
  type WorkKey,
} from 'plinth/product';
import { shownError } from '../extraction/replies.ts';
import type { OrbitParts } from '../orbit-parts.ts';
import { createAnalysisAsks } from './ask.ts';
import { analysisOf, giveUpAnalysis, runAnalysis, signals } from './run.ts';
import { analysisJson } from './replies.ts';
import {
  type AnalysisKind,
  type AnalysisRow,
  endAnalysis,
  listAnalyses,
  lockAnalysis,
  readAnalysis,
  reviveAnalysis,
} from './store.ts';

const CANCEL = commitPoint(
  'orbit.analysis-cancel',
  'a cancelled analysis, its job, its permit and the stored answer',
);

/** The analyses of a scope to list, and the page. */
export interface AnalysisQuery {
  readonly scopeId: string;
  readonly kind?: AnalysisKind | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** A model's findings on a scope: suggestions, risks, gaps, contradictions. Kept with the scope. */
export function createAnalysis(parts: OrbitParts) {
  const { db, scopes } = parts;

  async function read(key: WorkKey): Promise<AnalysisRow> {
    const [[row]] = await db.tenant(key.accountId, [readAnalysis(key)]);
    return row ?? throwNotFound();
  }

  const following = createFollowing<AnalysisRow>(db, { signals, read, statusOf: ({ status }) => status });

  function cancel(key: WorkKey, once: Once) {
    return cancelWork(
      parts,
      { key, once },
      {
        point: CANCEL,
        signals,
        lock: lockAnalysis(key),
        ending: endAnalysis(key, { status: 'cancelled' }),
        missing: noAnalysis,
        ended: () => new AppError('analysis_ended'),
        body: ({ scope_id: scopeId }) => ({
          analysis_id: key.id,
          scope_id: scopeId,
          status: 'cancelled' as const,
          status_url: `/v1/ai/analyses/${key.id}`,
        }),
      },
    );
  }

  /** Analyses of a scope, newest first. Throws `scope_not_found`. */
  async function list(accountId: AccountId, query: AnalysisQuery): Promise<Page<AnalysisRow>> {
    const { scopeId, kind, cursor, limit } = query;
    await scopes.read(accountId, scopeId);
    const analyses = timeList('analyses', { scopeId, kind });
    const [rows] = await db.tenant(accountId, [
      listAnalyses(accountId, { scopeId, kind, after: analyses.after(cursor), limit: limit + 1 }),
    ]);
    return analyses.page(rows, limit);
  }

  return {
    ...createAnalysisAsks(parts),
    cancel,
    list,
    follow: (follower: Follower) =>
      answerFollower(follower, { following, resultEvent: 'result', progressOf }),
    run: (job: RunningJob) => runAnalysis(parts, job),
    giveUp: (job: RunningJob, failure: JobFailure) => giveUpAnalysis(parts, job, failure),
    revive: (job: DeadJob) => [reviveAnalysis(analysisOf(job))],
  };
}

function progressOf(row: AnalysisRow): Progress {
  return { status: row.status, ...shownError(row), results: [], whole: () => analysisJson(row) };
}

function noAnalysis(): AppError {
  return new AppError('not_found', { message: 'There is no such analysis.' });
}

function throwNotFound(): never {
  throw noAnalysis();
}

export type Analysis = ReturnType<typeof createAnalysis>;
