import { readFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { ROOT } from '@plinth/testkit/house/source';
import { endAll, startProgram } from '@plinth/testkit/program';

const folder = mkdtempSync(join(tmpdir(), 'plinth prepared '));
afterEach(endAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SLOWLY = 'a new database was made without the prepared one';

/** What a first start says, at its most talkative. */
async function firstStart(name: string): Promise<string> {
  const program = startProgram(['start'], {
    cwd: folder,
    environment: { DATA_DIR: name, PORT: '0', LOG_LEVEL: 'debug' },
  });
  const url = await program.url();
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  program.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
  return program.said();
}

test('two first starts at once copy what npm has prepared', async () => {
  // `--omit=dev` means production to npm: there nothing is set yet.
  const prepare = startProgram(['prepare'], { cwd: folder, environment: { NODE_ENV: 'production' } });
  expect(await prepare.ended, prepare.said()).toEqual({ code: 0, signal: null });
  for (const said of await Promise.all([firstStart('one'), firstStart('other')]))
    expect(said).not.toContain(SLOWLY);
});

test('a first start that can not copy it makes the database itself, and says so where debugging is asked for', async () => {
  mkdirSync(join(folder, 'there/database'), { recursive: true });
  expect(await firstStart('there')).toContain(SLOWLY);
});

test('npm prepares it at each installation, whose end it is not when that fails', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(scripts['prepare']).toBe('node server/bin/plinth.js prepare || exit 0');
});
