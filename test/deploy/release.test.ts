import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../house/source.ts';

/** Runs the script on a place that notes what it is asked to do; `fails` are the steps that do not go well, once each. */
async function release(
  ...fails: readonly string[]
): Promise<{ readonly code: number; readonly did: string[] }> {
  // The script takes its command apart at spaces, which other temporary folders have in their names.
  const folder = mkdtempSync(join(tmpdir(), 'plinth-release-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const notes = join(folder, 'notes');
  const step = join(folder, 'step');
  for (const name of fails) writeFileSync(join(folder, `fail-${name}`), '');
  writeFileSync(
    step,
    `#!/bin/sh\necho "$1" >> ${notes}\n[ ! -e ${folder}/fail-$1 ] || { rm ${folder}/fail-$1; exit 1; }\n`,
  );
  chmodSync(step, 0o755);
  const words = [join(ROOT, 'deploy/release.sh'), 'processes', 'http://127.0.0.1:1', step];
  const code = await promisify(execFile)('sh', words, {
    env: { PATH: process.env['PATH'], PLINTH: step },
  }).then(
    () => 0,
    ({ code: ended }: { readonly code: number }) => ended,
  );
  return { code, did: existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : [] };
}

test('a release migrates, rolls out and is tried', async () => {
  expect(await release()).toEqual({ code: 0, did: ['migrate', 'roll-out', 'smoke'] });
});

test('a migration that fails leaves what serves as it is', async () => {
  expect(await release('migrate')).toEqual({ code: 1, did: ['migrate'] });
});

test.each(['roll-out', 'smoke'])(
  'when the %s fails the version before comes back, and is tried',
  async (step) => {
    const { code, did } = await release(step);
    expect(code).toBe(1);
    expect(did.slice(-2)).toEqual(['roll-back', 'smoke']);
  },
);

test('a roll-back that does not serve either is told apart', async () => {
  expect((await release('roll-out', 'roll-back')).code).toBe(3);
});
