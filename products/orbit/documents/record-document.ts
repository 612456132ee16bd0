import type {
  AccountId,
  Caller,
  Origin,
  ProductContext,
  RunningJob,
  Transaction,
  UserId,
} from 'plinth/product';
import type { Changes } from '../changes/service.ts';
import type { DocumentRow } from './document.ts';

/** In whose name something became of a document. */
export interface Doer {
  readonly caller: Caller;
  readonly origin: Origin;
}

export interface RecordingParts extends Pick<ProductContext, 'activity'> {
  readonly changes: Changes;
}

/** Writes down what became of a document: a change of its scope where it has one, else of the workspace alone. */
export async function recordDocumentIn(
  { activity, changes }: RecordingParts,
  tx: Transaction,
  what: Doer & { readonly accountId: AccountId; readonly document: DocumentRow; readonly action: string },
): Promise<void> {
  const { document, action, ...by } = what;
  const data = { document_id: document.id };
  const { scope_id: scopeId } = document;
  if (scopeId === null)
    await activity.recordIn(tx, { ...by, action, target: { kind: 'document', id: document.id } });
  else await changes.recordIn(tx, { ...by, scopeId, kind: `document.${action}`, data });
}

/** A job works in the name of the document's uploader. */
export function uploaderOf(job: RunningJob, { created_by: userId }: DocumentRow): Doer {
  return {
    caller: { userId: userId as UserId, platformRole: 'user', scopes: [], accountId: job.accountId },
    origin: { requestId: job.requestId, ip: '', userAgent: '', traceparent: undefined, signal: job.signal },
  };
}
