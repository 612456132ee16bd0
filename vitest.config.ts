import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** One pass of the suite on one database; `scripts/test.ts` runs the passes and adds them up. */
export default defineConfig({
  // The tree tests the client's sources; test/sdk/built.test.ts is for what strangers install.
  resolve: { alias: { '@plinth/sdk': join(import.meta.dirname, 'sdk/src/index.ts') } },
  test: {
    include: ['{src,test,scripts,bench}/**/*.test.ts'],
    globalSetup: ['test/services/global-setup.ts'],
    setupFiles: ['test/services/closing.ts'],
    // A process per file. Measured with 24 files that load the whole server, on 2 cores: 6.6 s with two processes at a
    // time, 10.3 with Vitest's own number, 6.1 in threads; without isolation 1.8, but then files share their modules.
    pool: 'forks',
    maxWorkers: '100%',
    isolate: true,
    // No test is timed: this only ends what hangs, on a machine that does much else besides.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/tables.ts'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: {
        lines: 85,
        'src/platform/{limits,entitlements,identity}/**': { lines: 95 },
      },
    },
  },
});
