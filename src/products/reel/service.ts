import type { Platform as Faces } from '#platform/product';
import { createDrafts } from './drafts/service.ts';
import { createGenerations } from './generations/service.ts';
import { createLibrary } from './library/service.ts';

/** What Reel's routes and jobs are called with. */
export function createReel(faces: Faces) {
  return {
    generations: createGenerations(faces),
    drafts: createDrafts(faces),
    library: createLibrary(faces),
  };
}

export type Reel = ReturnType<typeof createReel>;
