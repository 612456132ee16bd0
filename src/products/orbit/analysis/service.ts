import type { OrbitParts } from '../orbit-parts.ts';

/** What a model says of a scope: suggestions, risks, gaps. */
export function createAnalysis(_parts: OrbitParts) {
  return {};
}
