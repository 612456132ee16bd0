import type { Product } from '#platform/product';
import { adiuva } from './adiuva/index.ts';
import { coditect } from './coditect/index.ts';
import { gateway } from './gateway/index.ts';
import { orbit } from './orbit/index.ts';
import { prism } from './prism/index.ts';
import { reel } from './reel/index.ts';

/** The products that ship with the program. Those of a clone stand in `own.ts`, which is empty here and stays so. */
export const products: readonly Product[] = [reel, gateway, prism, coditect, orbit, adiuva];
