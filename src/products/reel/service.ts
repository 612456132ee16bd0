import type { Platform as Faces } from '#platform/product';
import { createGenerations } from './generations/service.ts';

/** What Reel's routes and jobs are called with. */
export function createReel(faces: Faces) {
  return {
    generations: createGenerations(faces),
  };
}

export type Reel = ReturnType<typeof createReel>;
