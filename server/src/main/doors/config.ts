import type { Product } from '#platform/product';

/** The default export of `plinth.config.ts`: `defineConfig({ products: [notes] })`. */
export interface TeamConfig {
  readonly products: readonly Product[];
}

/** `plinth/config`: what `plinth.config.ts` exports as its default. */
export const defineConfig = (config: TeamConfig): TeamConfig => config;
