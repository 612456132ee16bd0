import {
  type AccountId,
  commitPoint,
  createUpgradeFor,
  type JobId,
  planRequired,
  type ProductContext,
  storingRefusal,
} from 'plinth/product';
import type { MediaType } from '@plinth/documents';
import type { DocumentRow } from './document.ts';
import { type Doer, recordDocumentIn, type RecordingParts } from './record-document.ts';
import {
  deleteDocument,
  type DocumentKey,
  insertDocument,
  lockDocument,
  markUploaded,
  placesOf,
  readDocument,
} from './store.ts';
import { assertPlaces, noDocument, signals } from './views.ts';

const PRESIGN = commitPoint('orbit.document', 'a document whose file is not there yet');
const UPLOADED = commitPoint('orbit.document-uploaded', 'the file of a document, and the job that reads it');
const DELETE = commitPoint('orbit.document-deleted', 'a document and its text gone, its storage given back');

/** Bytes of a part, where a file is sent in parts. */
const PART_BYTES = 16 * 1_024 * 1_024;

/** A file that a user wants to upload. */
export interface NewFile {
  readonly name: string;
  readonly type: MediaType;
  readonly bytes: number;
  readonly sha256: string;
  readonly scopeId: string | undefined;
  readonly projectId: string | undefined;
  readonly inParts: boolean;
}

/** Throws on what became of a document’s file. */
const refuse = (error: unknown): never => {
  throw storingRefusal(error);
};

export function createUploads(context: ProductContext & RecordingParts) {
  const { db, ids, blobs, jobs, plan } = context;
  const upgradeFor = createUpgradeFor(context.entitlements);

  async function assertFits(accountId: AccountId, bytes: number): Promise<void> {
    const { plan: held, grants } = await plan.now(accountId);
    const most = grants['file_bytes'];
    if (typeof most === 'number' && bytes <= most) return;
    const lack = { product: 'orbit', plan: held, grant: 'file_bytes' } as const;
    throw planRequired({ ...lack, needed: bytes }, upgradeFor({ ...lack, atLeast: bytes }));
  }

  /** Reserves the storage and makes the document. Throws `plan_required`, `limit_exceeded`, `scope_not_found`, `project_not_found`. */
  async function presign(accountId: AccountId, { caller, origin }: Doer, file: NewFile) {
    await assertFits(accountId, file.bytes);
    const [[places]] = await db.tenant(accountId, [placesOf(accountId, file)]);
    assertPlaces(places);
    const { name, type, bytes, sha256 } = file;
    const { blobId, upload } = await blobs.presign({
      accountId,
      gauge: 'storage',
      filename: name,
      type,
      bytes,
      sha256,
      purpose: 'document',
      createdBy: caller.userId,
      ...(file.inParts ? { multipart: { partBytes: PART_BYTES } } : {}),
    });
    const made = { ...file, accountId, id: ids.next(), blobId, userId: caller.userId };
    const [[document]] = await db.tenant(accountId, PRESIGN, [insertDocument(made)]);
    if (document === undefined) throw new Error(`no document was made for ${origin.requestId}`);
    return { document, upload };
  }

  /**
   * Looks at what was uploaded and has it read. Done again, or by two at once, it has one effect. Throws what looking at the
   * file throws: `upload_missing`, `upload_mismatch`, `upload_expired`.
   */
  async function complete(key: DocumentKey, doer: Doer): Promise<DocumentRow> {
    const { accountId, id } = key;
    const [[document]] = await db.tenant(accountId, [readDocument(key)]);
    if (document === undefined) throw noDocument();
    if (document.uploaded_at !== null || document.blob_id === null) return document;
    const { storing } = await blobs.completing(accountId, document.blob_id).catch(refuse);
    const jobId = ids.next<JobId>();
    const job = { id: jobId, kind: 'orbit.read', lane: 'interactive', payload: { document_id: id } } as const;
    const uploaded = await db
      .tenant(accountId, UPLOADED, async (tx) => {
        const [row] = await tx.run(markUploaded(key, jobId));
        if (row === undefined) return undefined;
        await tx.runAll([
          ...storing,
          ...jobs.enqueueing(accountId, { ...job, requestId: doer.origin.requestId }),
        ]);
        await recordDocumentIn(context, tx, { ...doer, accountId, document: row, action: 'uploaded' });
        return row;
      })
      .catch(refuse);
    // Another call was first, or it was deleted meanwhile.
    if (uploaded === undefined) return readAgain(key);
    jobs.wake();
    tell(uploaded);
    return uploaded;
  }

  async function readAgain(key: DocumentKey): Promise<DocumentRow> {
    const [[row]] = await db.tenant(key.accountId, [readDocument(key)]);
    if (row === undefined) throw noDocument();
    return row;
  }

  /** Deletes it with its text, gives its storage back, and stops its reading. */
  async function remove(key: DocumentKey, doer: Doer): Promise<void> {
    const { accountId } = key;
    const removed = await db.tenant(accountId, DELETE, async (tx) => {
      const [row] = await tx.run(lockDocument(key));
      if (row === undefined) throw noDocument();
      await tx.run(deleteDocument(key));
      await recordDocumentIn(context, tx, { ...doer, accountId, document: row, action: 'deleted' });
      await tx.runAll([
        ...(row.blob_id === null ? [] : blobs.forgetting(accountId, row.blob_id)),
        // Pages that OCR has read are paid for.
        ...(row.job_id === null ? [] : [jobs.cancelling(accountId, row.job_id, { keep: row.ocr_pages > 0 })]),
      ]);
      return row;
    });
    if (removed.job_id !== null) jobs.interrupt(removed.job_id);
    tell(removed);
  }

  function tell({ id, scope_id: scopeId }: DocumentRow): void {
    signals.moved(db, id);
    if (scopeId !== null) context.changes.moved(scopeId);
  }

  return { presign, complete, remove };
}
