import type { ProductContext } from 'plinth/product';
import { createDrafts } from './drafts/service.ts';
import { createGenerations } from './generations/service.ts';
import { createLibrary } from './library/service.ts';

/** What Reel's routes and jobs are called with. */
export function createReel(context: ProductContext) {
  return {
    generations: createGenerations(context),
    drafts: createDrafts(context),
    library: createLibrary(context),
  };
}

export type Reel = ReturnType<typeof createReel>;
