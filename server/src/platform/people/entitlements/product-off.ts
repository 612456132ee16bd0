import { AppError } from '#platform/kernel';
import type { Catalogue } from './catalogue.ts';
import './errors.ts';

type Product = Pick<Catalogue, 'product' | 'name' | 'isOff'>;

/** Whether a product takes calls here. */
export const isRunning = ({ isOff }: Product): boolean => isOff !== true;

/** The answer to a call of a product that is off: 404, for a repeat will not do better. */
export function productOff({ product, name }: Product): AppError {
  return new AppError('product_off', {
    message: `${name} is off on this server. Its operator turns it on by the setting PRODUCTS.`,
    details: { product },
  });
}

/** Throws `product_off` for a product that is. One that there is not passes: others say so in their own words. */
export function assertRunning(product: Product | undefined): void {
  if (product !== undefined && !isRunning(product)) throw productOff(product);
}
