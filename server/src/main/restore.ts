import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type App, openBlobHome } from '#app';
import {
  type Manifest,
  pagesAt,
  pagesIn,
  type ReadList,
  readBackup,
  readList,
  writePage,
} from '#platform/backup';
import { type Config, makeFolder, syncFolder } from '#platform/config';
import { installationOf, lockDataFolder, UNFINISHED_RESTORE } from '#platform/db';
import { AppError, systemClock, systemRandom } from '#platform/kernel';
import { createSecrets, readKeyFile, type Secrets } from '#platform/secrets';
import { shortest } from './banner.ts';
import { type Invocation, printUsage, type Verb } from './verb.ts';
import { withApp } from './with-app.ts';

const USAGE = `Usage: plinth restore <file>                    put a backup into DATA_DIR, and apply the list that is kept there
       plinth restore <file> --list <path>      apply the list of erasures and revocations at another place
       plinth restore <file> --without-list     there is none: what was erased and revoked since is there again
       plinth restore --apply-list              apply it to PostgreSQL, after its own restore; --list and --without-list as above

DATA_DIR must hold nothing but master-keys, owner.json and the list. All sessions end. See docs/backup.md.
`;

/** `restore`: a backup of the embedded database, in an empty data folder. */
export const restore: Verb = async (invocation) => {
  const order = orderOf(invocation.words);
  if ('wrong' in order) return printUsage(order.wrong, USAGE);
  if (order.file === undefined) return applyList(invocation, order);
  const { config } = invocation;
  if (config.database.engine !== 'pglite') throw new AppError('backup_not_embedded');
  const unlock = lockDataFolder(config.dataDir);
  try {
    undo(config.dataDir);
    assertEmpty(config.dataDir);
    await restoreInto(invocation, { ...order, file: order.file });
    return 0;
  } finally {
    unlock();
  }
};

interface Order {
  readonly file: string | undefined;
  readonly list: string | undefined;
  readonly withoutList: boolean;
}

const OPTIONS = {
  list: { type: 'string' },
  'without-list': { type: 'boolean' },
  'apply-list': { type: 'boolean' },
} as const;

function orderOf(words: readonly string[]): Order | { readonly wrong: string | undefined } {
  const { tokens } = parseArgs({ args: [...words], options: OPTIONS, strict: false, tokens: true });
  const unknown = tokens.find(
    (token) =>
      token.kind === 'option' &&
      (!Object.hasOwn(OPTIONS, token.name) || (token.name === 'list') !== (token.value !== undefined)),
  );
  if (unknown !== undefined) return { wrong: words[unknown.index]?.split('=')[0] };
  const { values, positionals } = parseArgs({ args: [...words], options: OPTIONS, strict: false });
  const [file, more] = positionals;
  const [list, without, applies] = [
    values.list,
    values['without-list'] === true,
    values['apply-list'] === true,
  ];
  if (more !== undefined) return { wrong: more };
  if (applies === (file !== undefined)) return { wrong: file };
  if (list !== undefined && without) return { wrong: '--list' };
  return { file, list: typeof list === 'string' ? list : undefined, withoutList: without };
}

/** Files that an operator puts beside a backup, and those that are there by themselves. */
const KEPT = /^(master-keys|owner(-[\da-f-]{36})?\.json|\.env|\.gitignore|lock|lost\+found)$/;
/** Files that a restore puts beside them, and the folders of `blobs`. */
const isMoved = (name: string) => /^(database|[a-z-]+\.json)$/.test(name) && !KEPT.test(name);
const LEVEL = /^[0-9a-f]{2}$/;

function assertEmpty(dataDir: string): void {
  const names = [
    ...readdirSync(dataDir).filter((name) => !KEPT.test(name) && name !== 'blobs'),
    ...namesIn(join(dataDir, 'blobs'))
      .filter((name) => name !== 'plinth')
      .map((name) => `blobs/${name}`),
  ];
  if (names.length > 0)
    throw new AppError('restore_not_empty', {
      message: `The data folder ${shortest(dataDir)} is not empty: it holds ${names.slice(0, 5).join(', ')}. Move it away, and put master-keys and owner.json into a new one.`,
    });
}

const namesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);

/** Removes what a restore has left that did not end. Its own folder goes last: as long as it is there, nothing else in the data folder counts. */
function undo(dataDir: string): void {
  const folder = join(dataDir, UNFINISHED_RESTORE);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(dataDir).filter(isMoved))
    rmSync(join(dataDir, name), { recursive: true, force: true });
  for (const name of namesIn(join(dataDir, 'blobs')))
    if (LEVEL.test(name)) rmSync(join(dataDir, 'blobs', name), { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}

async function restoreInto(invocation: Invocation, order: Order & { readonly file: string }): Promise<void> {
  const { config } = invocation;
  const { dataDir } = config;
  const secrets = secretsOf(config);
  await assertList(config, order, secrets);
  const folder = join(dataDir, UNFINISHED_RESTORE);
  mkdirSync(folder, { mode: 0o700 });
  try {
    const manifest = await readBackup(order.file, { into: folder, secrets });
    const list = await listOf(config, { order, manifest, secrets });
    const own = {
      ...config,
      dataDir: folder,
      database: { engine: 'pglite', dataDir: join(folder, 'database') },
    } as const;
    const task = { ...invocation, config: own, migrate: true };
    const applied = await withApp(task, 'restore', (app) => apply(app, list));
    if (order.list !== undefined) await copyList(order.list, homeOf(config, secrets));
    moveInto(dataDir, folder);
    rmSync(folder, { recursive: true, force: true });
    say(
      `restored: ${manifest.files} files, as of ${manifest.at}, by Plinth ${manifest.version}\n${ENDED} ${applied}`,
    );
  } catch (error) {
    undo(dataDir);
    throw error;
  }
}

const ENDED = 'All sessions are over: everybody signs in again.';

function moveInto(dataDir: string, folder: string): void {
  makeFolder(join(dataDir, 'blobs'));
  const files = namesIn(join(folder, 'blobs')).filter((name) => LEVEL.test(name));
  for (const path of [...files.map((name) => join('blobs', name)), ...readdirSync(folder).filter(isMoved)])
    renameSync(join(folder, path), join(dataDir, path));
  for (const path of ['blobs', '.']) syncFolder(join(dataDir, path));
}

/** Without a key nothing is made: a new one would open nothing. */
function secretsOf({ masterKeys }: Config): Secrets {
  const keys = 'keys' in masterKeys ? masterKeys.keys : readKeyFile(masterKeys.file);
  if (keys === undefined)
    throw new AppError('master_key_missing', {
      message:
        'A backup opens with the master keys of its server alone. Put the file master-keys into DATA_DIR, or set MASTER_KEYS (docs/keys.md).',
    });
  return createSecrets({ keys });
}

interface ListSource {
  readonly order: Order;
  readonly manifest: Manifest;
  readonly secrets: Secrets;
}

async function listOf(
  config: Config,
  { order, manifest, secrets }: ListSource,
): Promise<ReadList | undefined> {
  if (order.withoutList) return undefined;
  const { installation, revocations: past } = manifest;
  const list = { pages: pagesOf(config, order, secrets), installation, secrets, past };
  // All of it is looked at before any of it is done.
  for await (const _ of readList(list));
  return list;
}

const pagesOf = (config: Config, { list }: Order, secrets: Secrets) =>
  list === undefined ? pagesAt(homeOf(config, secrets)) : pagesIn(list);

/** Said before all the rest is read. */
async function assertList(config: Config, order: Order, secrets: Secrets): Promise<void> {
  if (order.withoutList) return;
  for await (const _ of pagesOf(config, order, secrets)(1)) return;
  throw new AppError('revocation_list_missing', {
    message:
      'There is no list of erasures and revocations. Name it: --list <the folder blobs/plinth/revocations of the former DATA_DIR>; or say --without-list, and what was erased and revoked since is there again.',
  });
}

const homeOf = (config: Config, secrets: Secrets) =>
  openBlobHome(config, { secrets, clock: systemClock, random: systemRandom, baseUrl: () => config.baseUrl });

async function apply({ modules }: App, list: ReadList | undefined): Promise<string> {
  const done = await modules.services.backup.apply(list === undefined ? noEntries() : readList(list));
  const left =
    done.left === 0 ? '' : ` ${done.left} of them wait for calls under way, and for the next hour.`;
  return list === undefined
    ? 'No list was applied.'
    : `${done.applied} entries of the list were applied, ${done.erasures} of them erasures.${left}`;
}

async function* noEntries(): AsyncGenerator<never> {}

/** The list goes on where the data is. */
async function copyList(from: string, home: ReturnType<typeof homeOf>): Promise<void> {
  for await (const _ of pagesAt(home)(1)) return;
  let page = 0;
  for await (const text of pagesIn(from)(1)) await writePage(home, (page += 1), text);
}

/** For PostgreSQL, which restores itself. */
async function applyList(invocation: Invocation, order: Order): Promise<number> {
  const { config } = invocation;
  return withApp(invocation, 'restore', async (app) => {
    const { db, secrets } = app.modules;
    await assertList(config, order, secrets);
    const { id: installation } = await installationOf(db);
    const list = { pages: pagesOf(config, order, secrets), installation, secrets };
    // All of it is looked at before any of it is done.
    if (!order.withoutList) for await (const _ of readList(list));
    say(`${ENDED} ${await apply(app, order.withoutList ? undefined : list)}`);
    if (order.list !== undefined) await copyList(order.list, homeOf(config, secrets));
    return 0;
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
