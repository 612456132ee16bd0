import type { OrbitParts } from '../orbit-parts.ts';

/** A scope as a file that can be sent. */
export function createExports(_parts: OrbitParts) {
  return {};
}
