import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { testFiles } from './scripts/suite/groups.ts';
import { GroupedSequencer } from './scripts/suite/sequencer.ts';
import { LEFT_OUT } from './scripts/suite/unchanged.ts';
import { isThorough } from './testkit/thorough.ts';

const leftOut = new Set((process.env[LEFT_OUT] ?? '').split(','));

/** One pass of the suite on one database; `scripts/test.ts` runs the passes and adds them up. */
export default defineConfig({
  test: {
    globalSetup: ['testkit/services/global-setup.ts'],
    // More than there are cores: a third of a file's time is waiting for PostgreSQL or a process.
    maxWorkers: Math.max(2, Math.ceil(availableParallelism() * 1.5)),
    // What passes in one order alone leans on another file: the order of files is another one in each run, which prints its seed.
    sequence: { sequencer: GroupedSequencer },
    projects: testFiles().map(
      ({ group, files }): TestProjectInlineConfiguration => ({
        // The tree tests the client's sources; test/sdk/built.test.ts is for what strangers install.
        resolve: {
          alias: [
            ...['backend', 'licenses', 'local-memory', 'vault'].map((part) => ({
              find: `@plinth/sdk/${part}`,
              replacement: join(import.meta.dirname, 'sdk/src', part, 'index.ts'),
            })),
            { find: '@plinth/sdk', replacement: join(import.meta.dirname, 'sdk/src/index.ts') },
            // Not what lies in the package, which the fixture itself imports.
            {
              find: /^@node-rs\/argon2$/,
              replacement: join(import.meta.dirname, 'testkit/fixtures/argon2.ts'),
            },
          ],
        },
        test: {
          name: group,
          include: files.filter((file) => !leftOut.has(file)),
          setupFiles: ['testkit/after-file.ts'],
          pool: group === 'pure' ? 'threads' : 'forks',
          isolate: group === 'alone',
          // No test is timed: this only ends what hangs. With twenty programs on two cores what takes 4 seconds alone took 60.
          testTimeout: isThorough ? 900_000 : 240_000,
          hookTimeout: 240_000,
          expect: { poll: { timeout: 120_000 } },
        },
      }),
    ),
    coverage: {
      provider: 'v8',
      include: ['server/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.d.ts'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: {
        lines: 85,
        'server/src/platform/{limits,people/{entitlements,identity}}/**': { lines: 95 },
      },
    },
  },
});
