import type { Product } from '#platform/product';

/** The products of this house: adding one takes a folder beside this file and a line here. */
export const products: readonly Product[] = [];
