/**
 * `npm run fuzz -- auth`: nonsense, structured and of bytes, against every route by which people sign in and are known.
 * `--minutes 5` or `--seconds 60` says how long, `--seed 7` which run it is; without a seed a new one is made. See docs/testing.md.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const FILES: Readonly<Record<string, string>> = { auth: 'test/fuzz/auth.test.ts' };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, seconds: { type: 'string' }, minutes: { type: 'string' } },
});
const [name = ''] = positionals;
const file = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
if (file === undefined) {
  process.stderr.write(`Usage: npm run fuzz -- <${Object.keys(FILES).join('|')}> [--minutes 5] [--seed 7]\n`);
  process.exit(2);
}
const seconds = values.minutes === undefined ? (values.seconds ?? '60') : String(Number(values.minutes) * 60);
const { status } = spawnSync(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', file], {
  cwd: ROOT,
  stdio: 'inherit',
  env: {
    ...process.env,
    FUZZ_SECONDS: seconds,
    ...(values.seed === undefined ? {} : { FUZZ_SEED: values.seed }),
  },
});
process.exitCode = status ?? 1;
