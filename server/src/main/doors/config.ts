import type { Product } from '#platform/product';

/** What `plinth.config.ts` exports as its default: `defineConfig({ products: [notes] })`. */
export interface TeamConfig {
  readonly products: readonly Product[];
}

/** `plinth/config`: what `plinth.config.ts` exports as its default. */
export const defineConfig = (config: TeamConfig): TeamConfig => config;
