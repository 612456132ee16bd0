import {
  AppError,
  createFollowing,
  type Database,
  type Progress,
  type WorkKey,
  workSignals,
} from 'plinth/product';
import { extractionJson, shownChunk, shownError } from './replies.ts';
import { type ExtractionRow, type ReadChunk, readExtraction, readReadChunks } from './store.ts';

/** Signals of an extraction to all processes, by its id. */
export const signals = workSignals('orbit.extraction');

/** An extraction as it stands, with the chunks that are read. */
export interface ExtractionView {
  readonly extraction: ExtractionRow;
  readonly chunks: readonly ReadChunk[];
}

async function readView(db: Database, key: WorkKey): Promise<ExtractionView> {
  // In this order: the second statement sees all that was stored before the end.
  const [[extraction], chunks] = await db.tenant(key.accountId, [readExtraction(key), readReadChunks(key)]);
  if (extraction === undefined) throw noExtraction();
  return { extraction, chunks };
}

/** How extractions are followed: made once per process. */
export function followExtractions(db: Database) {
  return createFollowing<ExtractionView>(db, {
    signals,
    read: (key) => readView(db, key),
    statusOf: ({ extraction }) => extraction.status,
  });
}

/** Progress for a follower, from a look at an extraction. */
export function progressOf({ extraction, chunks }: ExtractionView): Progress {
  return {
    status: extraction.status,
    ...shownError(extraction),
    results: chunks.map(shownChunk),
    whole: () => extractionJson(extraction, chunks.length),
  };
}

export function noExtraction(): AppError {
  return new AppError('not_found', { message: 'There is no such extraction.' });
}
