import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../server/src/main/build-files.ts';
import { raiseVersion, released, versionOf } from './release/version.ts';

/**
 * `npm run release -- 0.3.0` writes a version wherever the tree names it, gives the changes that are not released its heading, commits that
 * and tags the commit `v0.3.0`. A pushed tag is checked, built and rolled out (`.github/workflows/release.yml`).
 */
const git = (...args: readonly string[]) =>
  execFileSync('git', [...args], { cwd: ROOT, encoding: 'utf8' }).trim();
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const [version = ''] = process.argv.slice(2);
const today = new Date().toISOString().slice(0, 10);
const problem = problemOf(version);
if (problem === undefined) {
  const paths = git('ls-files').split('\n');
  const raised = raiseVersion(new Map(paths.map((path) => [path, () => read(path)])), version);
  for (const [path, text] of raised) writeFileSync(join(ROOT, path), text);
  writeFileSync(join(ROOT, 'CHANGELOG.md'), released(read('CHANGELOG.md'), version, today));
  git('commit', '--quiet', '--all', '--message', `release: ${version}`);
  git('tag', '--annotate', `v${version}`, '--message', `Plinth ${version}`);
  process.stdout.write(`v${version} is tagged. Send it: git push --follow-tags\n`);
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}

function problemOf(wanted: string): string | undefined {
  const present = versionOf(read('package.json'));
  if (!/^\d+\.\d+\.\d+$/.test(wanted)) return 'Usage: npm run release -- <version>, three numbers with dots';
  if (wanted.localeCompare(present, 'en', { numeric: true }) <= 0)
    return `${wanted} is not above ${present}, which this tree has.`;
  if (git('status', '--porcelain') !== '') return 'The tree has changes that are not committed.';
  return undefined;
}
