import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The tests that Stryker runs for each of its mutants: those beside the code that it changes (stryker.json). */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    globalSetup: ['testkit/services/global-setup.ts'],
    setupFiles: ['testkit/after-file.ts'],
    include: [
      'server/src/platform/{limits/decide,entitlements,billing/projection,billing/sharing,identity/guessing}/*.test.ts',
      'test/selling/{items,payouts}.test.ts',
    ],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 120_000 } },
  },
});
