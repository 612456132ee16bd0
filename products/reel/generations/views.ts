import {
  AppError,
  createFollowing,
  type Database,
  type Progress,
  type WorkKey,
  workSignals,
} from 'plinth/product';
import { generationJson, shownError, shownVariant } from './replies.ts';
import { type GenerationRow, readGeneration, readVariants, type VariantRow } from './store.ts';

/** Signals of a generation to all processes, by its id. */
export const signals = workSignals('reel');

/** A generation as it stands, with the variants that are stored. */
export interface GenerationView {
  readonly generation: GenerationRow;
  readonly variants: readonly VariantRow[];
}

/** Reads a generation. One that is final shows all of its variants. Throws `not_found`. */
async function readView(db: Database, { accountId, id }: WorkKey): Promise<GenerationView> {
  // In this order: the second statement sees all that was stored before the end.
  const [[generation], variants] = await db.tenant(accountId, [
    readGeneration(accountId, id),
    readVariants(accountId, id),
  ]);
  if (generation === undefined) throw new AppError('not_found', { message: 'There is no such generation.' });
  return { generation, variants };
}

/** How generations are followed: made once per process. */
export function followGenerations(db: Database) {
  return createFollowing<GenerationView>(db, {
    signals,
    read: (key) => readView(db, key),
    statusOf: ({ generation }) => generation.status,
  });
}

/** Progress for a follower, from a look at a generation. */
export function progressOf(view: GenerationView): Progress {
  return {
    status: view.generation.status,
    ...shownError(view),
    results: view.variants.map(shownVariant),
    whole: () => generationJson(view),
  };
}
