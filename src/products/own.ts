import type { Product } from '#platform/product';

/** The products of this clone: adding one takes a folder beside this file and a line here. */
export const ownProducts: readonly Product[] = [];
