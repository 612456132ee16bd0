import type { OrbitParts } from '../orbit-parts.ts';

/** Who did what in a workspace, in a scope, and across somebody's workspaces. */
export function createActivityFeed(_parts: OrbitParts) {
  return {};
}
