import {
  commitPoint,
  createClamd,
  type JobFailure,
  type ProductContext,
  type RunningJob,
} from 'plinth/product';
import { createReader } from '@plinth/documents';
import type { Changes } from '../changes/service.ts';
import { giveUpOcr, readByOcr } from './ocr-work.ts';
import { giveUpReading, keyOf, readDocument } from './reading-work.ts';
import { DELETE_UNFINISHED, reviveDocument } from './store.ts';
import { createUploads } from './uploads.ts';
import { createDocumentViews } from './views.ts';

export type { DocumentText } from './views.ts';

const SWEEP = commitPoint('orbit.documents-unfinished', 'documents whose files never came, deleted');

/** Documents of clients: files, and the text that was read out of them. */
export function createDocuments(context: ProductContext & { readonly changes: Changes }) {
  const { db, clamdUrl } = context;
  const scanner = clamdUrl === undefined ? undefined : createClamd(clamdUrl);
  const parts = {
    ...context,
    scanner,
    reader: createReader(),
  };
  return {
    ...createDocumentViews(context),
    ...createUploads(context),
    work: {
      read: (job: RunningJob) => readDocument(parts, job),
      giveUpReading: (job: RunningJob, failure: JobFailure) => giveUpReading(parts, job, failure),
      ocr: (job: RunningJob) => readByOcr(parts, job),
      giveUpOcr: (job: RunningJob, failure: JobFailure) => giveUpOcr(parts, job, failure),
      revive: (job: Pick<RunningJob, 'accountId' | 'payload'>) => [reviveDocument(keyOf(job))],
    },
    /** Deletes documents whose uploads were never completed. */
    async sweep(): Promise<number> {
      const [[row]] = await db.system('orbit.documents', SWEEP, [DELETE_UNFINISHED]);
      return row?.deleted ?? 0;
    },
  };
}

export type Documents = ReturnType<typeof createDocuments>;
