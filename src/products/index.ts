import type { Product } from '#platform/product';
import { ownProducts } from './own.ts';
import { products as shipped } from './shipped.ts';

/** All products. What is generated of those that ship is made with the condition `shipped`, under which `#products` is their list alone. */
export const products: readonly Product[] = [...shipped, ...ownProducts];
