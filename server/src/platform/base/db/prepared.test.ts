import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, dbMigrations, installationOf, migrateUp, openDatabase, openStore } from './index.ts';
import { preparedName, writePrepared } from './prepared.ts';

const root = mkdtempSync(join(tmpdir(), 'plinth prepared '));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const NAME = 'database-test';
const kept = join(root, 'kept');
const prepared = join(kept, NAME);
let made = '';

beforeAll(async () => {
  const folder = join(root, 'made');
  const db = await openDatabase({ engine: 'pglite', dataDir: folder });
  await migrateUp(db, dbMigrations());
  made = (await installationOf(db)).id;
  await db.close();
  writePrepared(folder, kept, NAME);
});

/** Opens a data folder as a start does, brings it up to date, and answers what it found. */
async function begin(name: string, from: string | undefined) {
  const dataDir = join(root, name);
  const store = await openStore(
    { database: { engine: 'pglite', dataDir: join(dataDir, 'database') }, dataDir },
    undefined,
    from,
  );
  try {
    const applied = await migrateUp(store.db, dbMigrations());
    return { slowly: store.slowly, applied: applied.length, id: await idOf(store.db) };
  } finally {
    await store.close();
  }
}

const idOf = async (db: Database) => (await installationOf(db)).id;
const ALL = dbMigrations().length;

describe('a first start', () => {
  test('begins with a copy of the prepared database, which is other data; later ones go on with it', async () => {
    const first = await begin('one', prepared);
    expect(first).toMatchObject({ slowly: undefined, applied: 0 });
    expect(first.id).not.toBe(made);
    expect(await begin('one', prepared)).toEqual(first);
    expect(readdirSync(join(root, 'one'))).toEqual(['database']);
    expect(statSync(join(root, 'one/database/base')).mode & 0o777).toBe(0o700);
  });

  test('at the same time as another one, in another folder, has data of its own', async () => {
    const [one, other] = await Promise.all([begin('left', prepared), begin('right', prepared)]);
    expect([one.applied, other.applied]).toEqual([0, 0]);
    expect(one.id).not.toBe(other.id);
  });

  test.each([
    ['missing', () => rmSync(join(root, 'missing-file'), { force: true }), /there is none/],
    ['cut off', () => truncateSync(join(root, 'cut off-file'), 100_000), /it is torn/],
    ['empty', () => truncateSync(join(root, 'empty-file'), 0), /it is torn/],
    ['changed', () => changeByte(join(root, 'changed-file')), /it is torn/],
  ])('makes the database anew where the prepared one is %s', async (state, spoil, reason) => {
    cpSync(prepared, join(root, `${state}-file`));
    spoil();
    const begun = await begin(state, join(root, `${state}-file`));
    expect(begun.slowly).toMatch(reason);
    expect(begun.applied).toBe(ALL);
  });

  test.each([
    ['copying', prepared],
    ['making', undefined],
  ])('that was killed while %s is begun anew, whatever it left', async (state, from) => {
    const folder = join(root, state, 'database');
    mkdirSync(join(folder, 'base'), { recursive: true });
    writeFileSync(join(folder, 'PG_VERSION'), '18\n');
    writeFileSync(join(folder, 'base/1'), 'half a page');
    writeFileSync(`${folder}.unfinished`, '');
    expect((await begin(state, from)).applied).toBe(from === undefined ? ALL : 0);
    expect(existsSync(join(folder, 'base/1')) && statSync(join(folder, 'base/1')).isFile()).toBe(false);
    expect(existsSync(`${folder}.unfinished`)).toBe(false);
  });
});

describe('a prepared database', () => {
  test('is written whole or not at all, and takes the place of older ones', () => {
    const folder = join(root, 'cache');
    const older = `database-${'0'.repeat(64)}`;
    mkdirSync(folder);
    writeFileSync(join(folder, older), '');
    writeFileSync(join(folder, 'another'), '');
    const name = `database-${'1'.repeat(64)}`;
    expect(writePrepared(join(root, 'made'), folder, name)).toBe(statSync(join(folder, name)).size);
    expect(readdirSync(folder).sort()).toEqual(['another', name]);
    expect(statSync(join(folder, name)).mode & 0o777, 'for the user who runs the server').toBe(0o644);
    expect(() => writePrepared(join(root, 'made'), join(folder, 'another'), name)).toThrow();
    expect(readdirSync(folder).sort()).toEqual(['another', name]);
  });

  test('has another name with other migrations, and the same with line ends of Windows', () => {
    const sources = join(root, 'sources');
    const file = join(sources, 'products/reel/migrations/0001_reel.up.sql');
    const named = (sql: string) => {
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, sql);
      return preparedName(sources);
    };
    const before = named('select 1;\n');
    expect(named('select 2;\n')).not.toBe(before);
    expect(named('select 1;\r\n')).toBe(before);
    writeFileSync(join(file, '../0002_more.up.sql'), 'select 2;\n');
    expect(preparedName(sources)).not.toBe(before);
  });
});

function changeByte(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(path, bytes);
}
