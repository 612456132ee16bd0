import type { Product } from '#platform/product';
import { checkoutProducts } from './checkout.ts';
import { teamProducts } from './team.ts';

/** The products that are served: those of `plinth.config.ts` in the working directory, else those of the checkout in which the program lies. */
export const products: readonly Product[] = (await teamProducts()) ?? (await checkoutProducts());
