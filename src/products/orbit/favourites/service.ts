import type { OrbitParts } from '../orbit-parts.ts';

/** What somebody wants to find again. */
export function createFavourites(_parts: OrbitParts) {
  return {};
}
