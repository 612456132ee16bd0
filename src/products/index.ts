import type { Product } from '#platform/product';
import { coditect } from './coditect/index.ts';
import { gateway } from './gateway/index.ts';
import { orbit } from './orbit/index.ts';
import { prism } from './prism/index.ts';
import { reel } from './reel/index.ts';

/** The products of this house: adding one takes a folder beside this file and a line here. */
export const products: readonly Product[] = [reel, gateway, prism, coditect, orbit];
