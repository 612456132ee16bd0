import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { statement } from '#platform/db';
import { engine, temporaryFolder, testDatabase } from '@plinth/testkit/services';
import { endAll, startProgram } from '@plinth/testkit/program';

/** Each program takes a second to start, and several on a busy machine. */
vi.setConfig({ testTimeout: 120_000 });
afterAll(endAll);

const database = engine === 'postgres' ? await testDatabase() : undefined;
const folder = temporaryFolder();

async function plinth(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const program = startProgram(['import', ...words], {
    cwd: folder,
    environment: { DATA_DIR: join(folder, 'data'), ...database?.settings, ...environment },
  });
  return { ...(await program.ended), said: program.said() };
}

async function people(): Promise<number> {
  const rows = statement<{ n: number }>('select count(*)::int as n from identity.users');
  return (await database?.db.asMigrator(rows))?.[0]?.n ?? 0;
}

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

test.runIf(engine === 'postgres')(
  'an import that is killed half-way goes on where it was when it is begun again',
  async () => {
    const lines = Array.from({ length: 120 }, (_, n) => `person-${n}@example.com,id-${n},true\n`);
    const file = write('people.csv', `email,external_id,email_verified\n${lines.join('')}`);
    const tried = await plinth(['users', file, '--dry-run']);
    expect(tried).toMatchObject({
      code: 0,
      said: 'Nothing was changed. It would be: 120 added, 0 known, 0 not taken\n',
    });
    expect(await people()).toBe(0);
    for (const [instant, left] of [
      ['identity.users-imported:before:2', 50],
      ['identity.users-imported:after:2', 100],
    ] as const) {
      expect(await plinth(['users', file], { CRASH_AT: instant })).toMatchObject({ signal: 'SIGKILL' });
      expect(await people()).toBe(left);
    }
    expect((await plinth(['users', file])).said).toBe('20 added, 100 known, 0 not taken\n');
    expect(await people()).toBe(120);
  },
);

test.runIf(engine === 'postgres')(
  'lines that are not taken are listed, by number, and the program ends with 1',
  async () => {
    const file = write(
      'bought.jsonl',
      `${JSON.stringify({ external_id: 'a', email: 'person-1@example.com', plan: 'reel.pro', until: '2099-01-01T00:00:00Z' })}\nnot json\n`,
    );
    expect(await plinth(['subscriptions', file])).toEqual({
      code: 1,
      signal: null,
      said: 'line 2: json_malformed: The line is no JSON object.\n1 added, 0 known, 1 not taken\n',
    });
    expect(await plinth(['subscriptions', file, '--report', 'report.jsonl'])).toMatchObject({
      code: 1,
      said: '0 added, 1 known, 1 not taken\n',
    });
    expect(JSON.parse(readFileSync(join(folder, 'report.jsonl'), 'utf8'))).toEqual({
      line: 2,
      code: 'json_malformed',
      message: 'The line is no JSON object.',
    });
  },
);

test.runIf(engine === 'postgres')('words that are no order are answered with how one is given', async () => {
  for (const words of [
    ['people', 'x.csv'],
    ['users', 'x.csv', '--dry'],
  ]) {
    const { code, said } = await plinth(words);
    expect([code, said]).toEqual([2, expect.stringContaining('Usage: plinth import users FILE')]);
  }
  expect(await plinth(['users', 'missing.csv'])).toMatchObject({
    code: 2,
    said: 'There is no file missing.csv.\n',
  });
});
