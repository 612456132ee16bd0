import type { OrbitParts } from '../orbit-parts.ts';

/** Sections out of documents, by a model. */
export function createExtraction(_parts: OrbitParts) {
  return {};
}
