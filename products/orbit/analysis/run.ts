import {
  AppError,
  commitPoint,
  completeJob,
  failJob,
  type JobFailure,
  type Permit,
  type RunningJob,
  type WorkKey,
  workSignals,
} from 'plinth/product';
import { byOf } from '../extraction/by.ts';
import { jsonLine } from '../extraction/json-line.ts';
import type { OrbitParts } from '../orbit-parts.ts';
import type { WholeScope } from '../scopes/scope.ts';
import type { SectionRow } from '../scopes/sections/section.ts';
import { analyzed, type AnalysisResult, findingsOf, suggested, suggestionsOf } from './results.ts';
import { type AnalysisTask, completeAnalysis, endAnalysis, startAnalysis } from './store.ts';

const START = commitPoint('orbit.analysis-start', 'an analysis marked as running');
const COMPLETE = commitPoint(
  'orbit.analysis-complete',
  'what a model said, its settlement and the end of the job',
);
const FAIL = commitPoint(
  'orbit.analysis-fail',
  'a failed analysis, its call given back, and the end of the job',
);

/** Signals of an analysis to all processes, by its id. */
export const signals = workSignals('orbit.analysis');

/** Characters of a section that a prompt holds, and of all of them together. */
const MOST = { section: 4_000, all: 40_000 } as const;

/** The worker's part: one call of the model, and one commit with what it said, what that cost and the job's end. */
export async function runAnalysis(parts: OrbitParts, job: RunningJob): Promise<void> {
  const key = analysisOf(job);
  const [[task]] = await parts.db.tenant(job.accountId, START, [startAnalysis(key)]);
  // Final already: this delivery came twice, and the worker ends the job.
  if (task === undefined) return;
  if (job.permit === undefined) throw new Error('an analysis needs a permit');
  signals.moved(parts.db, key.id);
  try {
    // The workspace may have changed its mind since the request.
    await parts.workspaces.assertModels(job.accountId);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'models_not_allowed') throw error;
    return giveUpAnalysis(parts, job, { code: error.code, message: error.message });
  }
  const scope = await parts.scopes.read(job.accountId, task.scope_id);
  const result = await resultOf({ parts, job, permit: job.permit }, task, scope);
  await parts.db.tenant(job.accountId, COMPLETE, async (tx) => {
    await tx.run(completeAnalysis(key, result));
    await parts.changes.recordIn(tx, {
      ...byOf(job, task.created_by),
      scopeId: task.scope_id,
      kind: 'analysis.completed',
      data: { analysis_id: key.id, of: task.kind },
    });
    await tx.runAll(completeJob(job));
  });
  signals.ended(parts.db, key.id);
  parts.changes.moved(task.scope_id);
}

export async function giveUpAnalysis(
  { db }: OrbitParts,
  job: RunningJob,
  failure: JobFailure,
): Promise<void> {
  const key = analysisOf(job);
  await db.tenant(job.accountId, FAIL, [
    endAnalysis(key, { status: 'failed', ...failure }),
    ...failJob(job, failure),
  ]);
  signals.ended(db, key.id);
}

export function analysisOf({ accountId, payload }: Pick<RunningJob, 'accountId' | 'payload'>): WorkKey {
  return { accountId, id: payload['analysis_id'] ?? '' };
}

interface AnalysisInput {
  readonly parts: OrbitParts;
  readonly job: RunningJob;
  readonly permit: Permit;
}

async function resultOf(
  { parts: { ai }, job: { lane, signal }, permit }: AnalysisInput,
  task: AnalysisTask,
  { scope, sections }: WholeScope,
): Promise<AnalysisResult> {
  if (task.kind === 'analyze') {
    const variables = { scope: scope.title, sections: numberSections(sections) };
    const prompt = { id: 'analyze', version: 1, variables };
    const { object } = await ai.generate(permit, { feature: 'ai', prompt, schema: analyzed, lane, signal });
    return findingsOf(
      object,
      sections.map(({ id }) => id),
    );
  }
  const section = sections.find(({ id }) => id === task.section_id);
  if (section === undefined) throw new AppError('section_not_found');
  const others = sections.filter(({ id }) => id !== section.id);
  const variables = {
    scope: scope.title,
    type: section.type,
    section: `${section.title}\n${section.content.slice(0, MOST.all)}`,
    others:
      others
        .map(({ title, content }) => `${title}\n${content.slice(0, MOST.section)}`)
        .join('\n\n')
        .slice(0, MOST.all) || 'none',
  };
  const prompt = { id: 'suggest', version: 1, variables };
  const { object } = await ai.generate(permit, { feature: 'ai', prompt, schema: suggested, lane, signal });
  return suggestionsOf(object);
}

/** A line for each section, its text as JSON, so that it forges no further line; each is cut to its share where they are long. */
function numberSections(sections: readonly SectionRow[]): string {
  const share = Math.max(200, Math.min(MOST.section, Math.floor(MOST.all / Math.max(1, sections.length))));
  const lines = sections.map(({ type, title, content }, n) => {
    const text = `${title}\n${content.slice(0, share)}`.toWellFormed();
    return `Section ${n + 1} ${type}: ${jsonLine(text)}`;
  });
  return lines.join('\n') || 'none';
}
