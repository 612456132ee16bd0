import {
  acceptWork,
  type AccountId,
  AppError,
  commitPoint,
  type JobId,
  permitError,
  type WorkStatus,
} from 'plinth/product';
import type { ExtractionAsker } from '../extraction/ask.ts';
import type { OrbitParts } from '../orbit-parts.ts';
import { formerAnalysis, insertAnalysis, scopeOfSection, type Subject } from './store.ts';

const ENQUEUE = commitPoint('orbit.analysis-enqueue', 'an analysis, its job and the stored answer');
const REPEAT = commitPoint(
  'orbit.analysis-repeat',
  'the answer that names an analysis which is there already, and the call given back',
);

export interface AcceptedAnalysis {
  readonly analysis_id: string;
  readonly scope_id: string;
  readonly status: 'queued' | 'running' | 'completed';
  readonly status_url: string;
}

/** Asks for suggestions and analyses; a worker makes them. */
export function createAnalysisAsks(parts: OrbitParts) {
  const { db, ids, scopes, workspaces } = parts;

  /** A scope in its present version. Throws `scope_not_found`. */
  async function scopeSubject(accountId: AccountId, scopeId: string): Promise<Subject> {
    const { scope } = await scopes.read(accountId, scopeId);
    return { kind: 'analyze', scopeId, sectionId: null, version: scope.version };
  }

  /** A section in its present version. Throws `section_not_found`. */
  async function sectionSubject(accountId: AccountId, sectionId: string): Promise<Subject> {
    const [[row]] = await db.tenant(accountId, [scopeOfSection(accountId, sectionId)]);
    if (row === undefined) throw new AppError('section_not_found');
    await scopes.read(accountId, row.scope_id);
    return { kind: 'suggest', scopeId: row.scope_id, sectionId, version: row.version };
  }

  /** Throws `models_not_allowed`. */
  const assertModels = (accountId: AccountId) => workspaces.assertModels(accountId);

  async function ask(asking: ExtractionAsker, subject: Subject): Promise<AcceptedAnalysis> {
    const former = await formerOf(asking, subject);
    if (former !== undefined) return repeat(asking, subject, former);
    try {
      return await enqueue(asking, subject);
    } catch (error) {
      // Another member asked at the same instant: theirs is the one.
      const other = isTaken(error) ? await formerOf(asking, subject) : undefined;
      if (other === undefined) throw error;
      return repeat(asking, subject, other);
    }
  }

  async function formerOf({ accountId }: ExtractionAsker, subject: Subject) {
    const [[row]] = await db.tenant(accountId, [formerAnalysis(accountId, subject)]);
    return row;
  }

  function enqueue(
    { accountId, userId, permit }: ExtractionAsker,
    subject: Subject,
  ): Promise<AcceptedAnalysis> {
    const [id, jobId] = [ids.next(), ids.next<JobId>()];
    const { id: permitId, requestId } = permit;
    return acceptWork(
      parts,
      { accountId, permit, point: ENQUEUE },
      {
        rows: [insertAnalysis({ ...subject, accountId, id, permitId, jobId, requestId, userId })],
        job: { id: jobId, kind: 'orbit.analyze', lane: 'interactive', payload: { analysis_id: id } },
        body: acceptedOf(id, subject, 'queued'),
      },
    );
  }

  async function repeat(
    { accountId, permit }: ExtractionAsker,
    subject: Subject,
    former: { readonly id: string; readonly status: WorkStatus },
  ): Promise<AcceptedAnalysis> {
    const body = acceptedOf(former.id, subject, former.status);
    const answered = { status: 202, body, headers: { location: body.status_url } };
    try {
      await db.tenant(accountId, REPEAT, permit.releasingWith('the same analysis', answered));
    } catch (error) {
      throw permitError(error);
    }
    return body;
  }

  return { scopeSubject, sectionSubject, assertModels, ask };
}

function acceptedOf(id: string, { scopeId }: Subject, status: WorkStatus): AcceptedAnalysis {
  const isKnown = status === 'running' || status === 'completed';
  return {
    analysis_id: id,
    scope_id: scopeId,
    status: isKnown ? status : 'queued',
    status_url: `/v1/ai/analyses/${id}`,
  };
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}
