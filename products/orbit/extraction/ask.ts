import {
  acceptWork,
  type AccountId,
  AppError,
  commitPoint,
  type JobId,
  type Permit,
  permitError,
  type UserId,
} from 'plinth/product';
import type { OrbitParts } from '../orbit-parts.ts';
import type { ScopeRow } from '../scopes/scope.ts';
import { type Former, formerExtractions, insertExtraction } from './store.ts';
import './errors.ts';

const ENQUEUE = commitPoint('orbit.extract-enqueue', 'an extraction, its job and the stored answer');
const REPEAT = commitPoint(
  'orbit.extract-repeat',
  'the answer that names an extraction which is there already, and the call given back',
);

/** The caller, and their permit. */
export interface ExtractionAsker {
  readonly accountId: AccountId;
  readonly userId: UserId;
  readonly permit: Permit;
}

/** Which documents are to be read into which scope. */
export interface ExtractionWish {
  readonly scope_id: string;
  readonly document_ids: readonly string[];
}

export interface ExtractionAccepted {
  readonly extraction_id: string;
  readonly scope_id: string;
  readonly status: 'queued' | 'running' | 'completed';
  readonly status_url: string;
}

/** Asks for extractions; a worker reads. */
export function createAsks(parts: OrbitParts) {
  const { db, documents, ids, scopes, workspaces } = parts;

  /**
   * Conditions before anything is charged. Throws `scope_not_found`, `scope_frozen`, `models_not_allowed`,
   * `document_not_found` for one of another account, `document_not_ready`, and `extraction_running`.
   */
  async function check(accountId: AccountId, wish: ExtractionWish): Promise<void> {
    await scopes.open(accountId, wish.scope_id);
    await workspaces.assertModels(accountId);
    await documents.assertReady(accountId, wish.document_ids);
    await formerOf(accountId, wish);
  }

  async function formerOf(accountId: AccountId, wish: ExtractionWish): Promise<Former | undefined> {
    const [rows] = await db.tenant(accountId, [
      formerExtractions(accountId, { scopeId: wish.scope_id, documentIds: wish.document_ids }),
    ]);
    const [first] = rows;
    if (first !== undefined && !first.is_of_these) throw new AppError('extraction_running');
    return first;
  }

  async function ask(asking: ExtractionAsker, wish: ExtractionWish): Promise<ExtractionAccepted> {
    const { accountId } = asking;
    const scope = await scopes.open(accountId, wish.scope_id);
    const former = await formerOf(accountId, wish);
    if (former !== undefined && isStillTrue(former, scope)) return repeat(asking, wish, former);
    try {
      return await enqueue(asking, wish, { scope, former });
    } catch (error) {
      // Another member asked at the same instant: theirs is the one.
      const other = isTaken(error) ? await formerOf(accountId, wish) : undefined;
      if (other === undefined) throw error;
      return repeat(asking, wish, other);
    }
  }

  /** One transaction: extraction, job (which owns the permit from now on), and the answer under the request's key. */
  function enqueue(
    { accountId, userId, permit }: ExtractionAsker,
    { scope_id, document_ids }: ExtractionWish,
    { scope, former }: { readonly scope: ScopeRow; readonly former: Former | undefined },
  ): Promise<ExtractionAccepted> {
    const [id, jobId] = [ids.next(), ids.next<JobId>()];
    const made = {
      accountId,
      id,
      userId,
      jobId,
      scopeId: scope_id,
      scopeVersion: scope.version,
      documentIds: document_ids,
      rootId: former !== undefined && isUnfinished(former) ? former.root_id : id,
      permitId: permit.id,
      requestId: permit.requestId,
    };
    return acceptWork(
      parts,
      { accountId, permit, point: ENQUEUE },
      {
        rows: [insertExtraction(made)],
        job: { id: jobId, kind: 'orbit.extract', lane: 'interactive', payload: { extraction_id: id } },
        body: acceptedOf(id, scope_id, 'queued'),
      },
    );
  }

  /** The same was asked for before, and nothing has changed since: that one is the answer, and this call takes nothing. */
  async function repeat(
    { accountId, permit }: ExtractionAsker,
    wish: ExtractionWish,
    former: Former,
  ): Promise<ExtractionAccepted> {
    const body = acceptedOf(former.id, wish.scope_id, former.status);
    const answered = { status: 202, body, headers: { location: body.status_url } };
    try {
      await db.tenant(accountId, REPEAT, permit.releasingWith('the same extraction', answered));
    } catch (error) {
      throw permitError(error);
    }
    return body;
  }

  return { check, ask };
}

/** Whether asking again would come to the same: it is under way, or it read everything and the scope is as it left it. */
function isStillTrue(former: Former, scope: ScopeRow): boolean {
  if (former.status === 'queued' || former.status === 'running') return true;
  const isSameScope = scope.version === former.scope_version || scope.version === former.result_version;
  return former.status === 'completed' && former.is_whole && isSameScope;
}

/** Whether some of it was read and the rest was not: the next one goes on there. */
function isUnfinished({ status, is_whole: isWhole }: Former): boolean {
  return status === 'failed' || status === 'cancelled' || (status === 'completed' && !isWhole);
}

function acceptedOf(id: string, scopeId: string, status: Former['status']): ExtractionAccepted {
  const isKnown = status === 'running' || status === 'completed';
  return {
    extraction_id: id,
    scope_id: scopeId,
    status: isKnown ? status : 'queued',
    status_url: `/v1/ai/extractions/${id}`,
  };
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}
