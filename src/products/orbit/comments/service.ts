import type { OrbitParts } from '../orbit-parts.ts';

/** Threads on a scope or a section. */
export function createComments(_parts: OrbitParts) {
  return {};
}
