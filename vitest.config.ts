import { defineConfig } from 'vitest/config';

/** One pass of the suite; `scripts/test.ts` runs the passes and adds them up. */
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts', 'bench/**/*.test.ts'],
    globalSetup: ['test/services/global-setup.ts'],
    setupFiles: ['test/services/closing.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
