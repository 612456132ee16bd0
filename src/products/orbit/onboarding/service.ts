import type { OrbitParts } from '../orbit-parts.ts';

/** The first steps of a workspace. */
export function createOnboarding(_parts: OrbitParts) {
  return {};
}
