import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { isMade } from '../server/src/main/made.ts';

/** Makes the files that Git does not keep and that follow from the routes, where they are missing or of other sources. False: it failed, and said why. */
export function bringMade(): boolean {
  if (isMade()) return true;
  process.stdout.write('made anew from the routes: openapi.json, the client’s types\n');
  const script = join(import.meta.dirname, 'generate.ts');
  return spawnSync(process.execPath, [script, '--made'], { stdio: 'inherit' }).status === 0;
}

if (import.meta.main && !bringMade()) process.exitCode = 1;
