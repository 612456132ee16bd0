import type { ProductContext } from '#platform/product';

/** What Orbit knows of a workspace beside its organization. */
export function createWorkspaces(_context: ProductContext) {
  return {};
}

export type Workspaces = ReturnType<typeof createWorkspaces>;
