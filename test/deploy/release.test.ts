import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from '@plinth/testkit/house/source';

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

/** A release on one machine, whose `systemctl` and `plinth` note what they do, and of which version. */
async function releaseHere(fails = 'nothing') {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-release-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const link = join(folder, 'current');
  for (const name of ['old', 'new']) {
    mkdirSync(join(folder, name, 'deploy'), { recursive: true });
    cpSync(join(ROOT, 'deploy/release.sh'), join(folder, name, 'deploy/release.sh'));
  }
  symlinkSync('old', link);
  for (const name of ['systemctl', 'plinth'])
    writeFileSync(
      join(folder, name),
      `#!/bin/sh
case "$*" in health) exit 0 ;; esac
echo "$(basename "$(readlink ${link})"): $*" >> ${folder}/notes
case "$*" in *${fails}*) [ -e ${folder}/failed ] || { touch ${folder}/failed; exit 1; } ;; esac
`,
      { mode: 0o755 },
    );
  const run = (from: string) =>
    promisify(execFile)('sh', [join(folder, from, 'deploy/release.sh'), 'systemd', 'https://a.example'], {
      env: { PATH: `${folder}:${process.env['PATH']}`, PLINTH_LINK: link },
    }).then(
      () => 0,
      ({ code }: { readonly code: number }) => code,
    );
  const code = await run('new');
  const did = readFileSync(join(folder, 'notes'), 'utf8').trim().split('\n');
  return { code, did, runs: basename(readlinkSync(link)), run };
}

const RESTARTS = [
  'restart plinth-worker',
  'restart plinth@6174',
  'restart plinth@6175',
  'smoke https://a.example',
];
const all = (version: string) => RESTARTS.map((step) => `${version}: ${step}`);

test('on one machine what runs keeps its folder: the new version has its own, and going back is a link', async () => {
  const { code, did, runs, run } = await releaseHere();
  expect({ code, did, runs }).toEqual({
    code: 0,
    did: ['new: start plinth-migrate', ...all('new')],
    runs: 'new',
  });
  // What would be installed over what runs is refused.
  expect(await run('new')).toBe(2);
  expect(await releaseHere('start')).toMatchObject({
    code: 1,
    did: ['new: start plinth-migrate'],
    runs: 'old',
  });
  const back = await releaseHere('smoke');
  expect(back).toMatchObject({ code: 1, runs: 'old' });
  expect(back.did.slice(-4)).toEqual(all('old'));
});
