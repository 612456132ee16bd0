import type { OrbitParts } from '../orbit-parts.ts';

/** Who is here, and what changes, as a stream of events. */
export function createLive(_parts: OrbitParts) {
  return {};
}
