import { availableParallelism } from 'node:os';
import { erased, erasedWith, type ProductJob, routesOf, THE_ACCOUNTS } from 'plinth/product';
import * as documentRoutes from '../documents/routes.ts';
import type { Orbit, OrbitPart } from '../service.ts';

const FOUND_AGAIN = 'the job runs again, and finds how far it came';

/** Reading needs no provider: what ends it passes, or is the document's doing. */
const TRIES = 3;

/** Each may take a gigabyte. */
const READERS = 2;
/** OCR is long work of its own: text does not wait for it. */
const OCR_READERS = Math.max(1, Math.floor(availableParallelism() / 2));

const read: ProductJob<Orbit> = {
  attempts: TRIES,
  atOnce: READERS,
  run: ({ documents }, job) => documents.work.read(job),
  giveUp: ({ documents }, job, failure) => documents.work.giveUpReading(job, failure),
  reviving: ({ documents }, job) => documents.work.revive(job),
};

const ocr: ProductJob<Orbit> = {
  attempts: TRIES,
  atOnce: OCR_READERS,
  run: ({ documents }, job) => documents.work.ocr(job),
  giveUp: ({ documents }, job, failure) => documents.work.giveUpOcr(job, failure),
};

/** Deletes documents whose files never came; what one run leaves the next one finds. */
const unfinished: ProductJob<Orbit> = { run: async ({ documents }) => void (await documents.sweep()) };

/** Documents that clients sent, and reading them. */
export const documentsPart: OrbitPart = {
  dataRules: [
    {
      table: 'orbit.documents',
      account: erased(),
      user: THE_ACCOUNTS,
      withheld: ['blob_id', 'job_id', 'ocr_left'],
    },
    { table: 'orbit.document_pages', account: erasedWith('orbit.documents') },
  ],
  crashPoints: {
    'orbit.document': {
      because:
        'the upload that was reserved before it is swept where nobody completes it, and so is the document',
      lost: 'keyed',
    },
    'orbit.document-uploaded': {
      because: 'one commit has the file and its job; before it, completing again finds the file still there',
      lost: 'same',
    },
    'orbit.document-deleted': {
      because: 'one commit is all there is: before it nothing happened, after it everything did',
      lost: 'same',
    },
    'orbit.documents-unfinished': {
      because: 'one delete that is due again and again: what it left undone the next one does',
      lost: 'again',
    },
    'orbit.reading': { because: FOUND_AGAIN, lost: 'found' },
    'orbit.document-read': {
      because:
        'before it the file is read again, and a permit that no job came to own is closed by the sweep',
      lost: 'found',
    },
    'orbit.document-failed': { because: FOUND_AGAIN, lost: 'found' },
    'orbit.document-page': {
      because: 'each page is stored once, and those that are left are read',
      lost: 'found',
    },
    'orbit.document-ocr': { because: FOUND_AGAIN, lost: 'found' },
  },
  routes: routesOf(documentRoutes),
  jobs: { read, ocr, unfinished },
  schedules: {
    unfinished: { cron: '41 * * * *', job: 'unfinished' },
  },
};
