import { test } from 'vitest';
import { chromiumOnPath, NO_CHROMIUM } from './chromium.ts';
import { engine } from './index.ts';

/**
 * The browser of a test file that needs one; undefined: its tests do not run here. What a browser does is the same on all databases, so they run
 * on the first alone; there a machine without Chromium has a skipped test, which CI takes for a failure.
 */
export function browserHere(): string | undefined {
  if (engine !== 'postgres' || process.env['TEST_POOLER'] !== undefined) return undefined;
  const program = chromiumOnPath();
  if (program === undefined) test.skip(NO_CHROMIUM, () => {});
  return program;
}
