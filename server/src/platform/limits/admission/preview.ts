import { type Database, statement, systemCall } from '#platform/db';
import type { HolderId, Ids, Micros, PermitId, UsageEventId } from '#platform/kernel';
import { ADMIT, assertFeature, type DecisionRow, toNotGranted, type NotGranted } from './admission.ts';
import { createBatch } from '../batch.ts';
import type { CompiledFeature } from '../features.ts';
import type { AdmitRequest } from '../permit.ts';

/** The answer that a request would get now; if granted, with its reserve. */
export type Preview = { readonly kind: 'granted'; readonly reserve: Micros } | NotGranted;

const PREVIEW = `select granted, answer from limits.preview($1::text::uuid[], $2::text::text[], $3::text::limits.feature[],
  $4::text::accounts.spender[], $5::text::limits.run[], $6::text::limits.request[], $7::uuid, $8::boolean)`;

export interface PreviewParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly holder: HolderId;
  readonly features: ReadonlyMap<string, CompiledFeature>;
}

/** Admission at this instant, which is undone: nothing is written, and the next request may take the room. */
export function createPreview({ db, ids, holder, features }: PreviewParts) {
  return async function preview(request: Omit<AdmitRequest, 'idempotency'>): Promise<Preview> {
    assertFeature(features, request);
    const item = { request, keyed: undefined, permit: ids.next<PermitId>(), event: ids.next<UsageEventId>() };
    const { values } = createBatch([item], features, { holder, wait: true });
    const [[row]] = await db.system('limits.admission', ADMIT, [
      systemCall(statement<DecisionRow>(PREVIEW, values)),
    ]);
    if (row === undefined) throw new Error('a preview had no answer');
    const { granted, answer } = row;
    if (granted !== null) return { kind: 'granted', reserve: granted };
    if (answer === null) throw new Error('a request was neither granted nor denied');
    // Another request of the account, its first one, made the meter at this moment.
    return answer.kind === 'busy' ? preview(request) : toNotGranted(answer);
  };
}
