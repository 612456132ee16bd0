import type { ProductContext } from '#platform/product';

/** What scopes are sorted by: a client's project. */
export function createProjects(_context: ProductContext) {
  return {};
}
