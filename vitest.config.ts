import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { testFiles } from './scripts/suite/groups.ts';
import { isThorough } from './test/thorough.ts';

/** One pass of the suite on one database; `scripts/test.ts` runs the passes and adds them up. */
export default defineConfig({
  test: {
    globalSetup: ['test/services/global-setup.ts'],
    // More than there are cores: a third of a file's time is waiting for PostgreSQL or a process.
    maxWorkers: Math.max(2, Math.ceil(availableParallelism() * 1.5)),
    // What passes in one order alone leans on another file: the order of files is another one in each run, which prints its seed.
    sequence: { shuffle: { files: true } },
    projects: testFiles().map(
      ({ group, files }): TestProjectInlineConfiguration => ({
        // The tree tests the client's sources; test/sdk/built.test.ts is for what strangers install.
        resolve: { alias: { '@plinth/sdk': join(import.meta.dirname, 'sdk/src/index.ts') } },
        test: {
          name: group,
          include: [...files],
          setupFiles: ['test/after-file.ts'],
          pool: group === 'pure' ? 'threads' : 'forks',
          isolate: group === 'process',
          // No test is timed: this only ends what hangs, on a machine that does much else besides.
          testTimeout: isThorough ? 900_000 : 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 20_000 } },
        },
      }),
    ),
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['**/*.test.ts'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: {
        lines: 85,
        'src/platform/{limits,entitlements,identity}/**': { lines: 95 },
      },
    },
  },
});
