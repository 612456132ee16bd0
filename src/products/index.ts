import type { Product } from '#platform/product';
import { ownProducts } from './own.ts';
import { teamProducts } from './team.ts';

/**
 * All products: those of the team in whose repository the program runs (`plinth.config.ts`), else those that ship and those of this clone.
 * Files generated from those that ship are made with the condition `shipped`, under which `#products` lists them alone.
 */
export const products: readonly Product[] = (await teamProducts()) ?? [
  ...(await import('./shipped.ts')).products,
  ...ownProducts,
];
export { SHIPPED, type TeamConfig } from './team.ts';
