import type { Product } from '#platform/product';
import { ownProducts } from './own.ts';
import { products as shipped } from './shipped.ts';

/** All products. Files generated from those that ship are made with the condition `shipped`, under which `#products` lists them alone. */
export const products: readonly Product[] = [...shipped, ...ownProducts];
