import type { ProductContext } from 'plinth/product';
import { createDrafts } from './drafts/service.ts';
import { createGenerations } from './generations/service.ts';
import { createLibrary } from './library/service.ts';

/** The service of Reel's routes and jobs. */
export function createReel(context: ProductContext) {
  return {
    generations: createGenerations(context),
    drafts: createDrafts(context),
    library: createLibrary(context),
  };
}

export type Reel = ReturnType<typeof createReel>;
