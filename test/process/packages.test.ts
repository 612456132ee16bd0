import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { endAll, startProgram } from '@plinth/testkit/program';

const folder = mkdtempSync(join(tmpdir(), 'plinth-packages-'));
afterEach(endAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LOADED = join(folder, 'loaded');
/** Writes down what is loaded, in the main thread and in others. */
const WRITING = `import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    appendFileSync(${JSON.stringify(LOADED)}, url + '\\n');
    return next(url, context);
  },
});
process.on('exit', () => appendFileSync(${JSON.stringify(LOADED)}, process.moduleLoadList.join('\\n')));`;

test('a server that nobody has called has loaded no file of a package but of the database and of hashes', async () => {
  const program = startProgram(['start'], {
    cwd: folder,
    environment: { PORT: '0' },
    flags: [`--import=data:text/javascript,${encodeURIComponent(WRITING)}`],
  });
  await program.url();
  program.kill('SIGTERM');
  expect(await program.ended, program.said()).toEqual({ code: 0, signal: null });
  const said = readFileSync(LOADED, 'utf8');
  const loaded = said.matchAll(/\/node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//g);
  // The other packages are either part of the build or loaded by the first call that needs them.
  expect(new Set([...loaded].map(([, name]) => name))).toEqual(
    new Set(['@electric-sql/pglite', '@node-rs/argon2', expect.stringMatching(/^@node-rs\/argon2-/)]),
  );
  // Node's own client of `fetch`, which a mere import of `node:http` loads.
  expect(said).toContain('NativeModule http');
  expect(said).not.toContain('internal/deps/undici');
});
