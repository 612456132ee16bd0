import type { OrbitParts } from '../orbit-parts.ts';

/** Sections to begin with: the workspace's own, and public ones. */
export function createTemplates(_parts: OrbitParts) {
  return {};
}
