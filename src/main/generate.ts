import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Verb } from './verb.ts';

/** Runs the checkout's own script; an installed program has none. */
export const generate: Verb = async ({ words }) => {
  const script = join(import.meta.dirname, '../../scripts/generate.ts');
  if (!existsSync(script)) {
    process.stderr.write('There is nothing to generate here: this is no checkout.\n');
    return 1;
  }
  return spawnSync(process.execPath, [script, ...words], { stdio: 'inherit' }).status ?? 1;
};
