import type { TeamConfig } from '#products';

export type { TeamConfig };

/** `plinth/config`: what `plinth.config.ts` exports as its default. */
export const defineConfig = (config: TeamConfig): TeamConfig => config;
