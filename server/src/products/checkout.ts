import type { Product } from '#platform/product';

/** The products of this checkout's own `plinth.config.ts`. A package has no such file, and leaves this out (scripts/pack/program.ts). */
export async function checkoutProducts(): Promise<readonly Product[]> {
  const { default: config } = await import('../../../plinth.config.ts');
  return config.products;
}
