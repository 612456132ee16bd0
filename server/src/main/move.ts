import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { allMigrations } from '#app';
import type { Config } from '#platform/config';
import {
  type Database,
  migrateUp,
  type Moved,
  moveDatabase,
  openDatabase,
  openStore,
  type CrashHook,
  reopen,
} from '#platform/db';
import { AppError } from '#platform/kernel';
import { LEDGER_SUMS } from '#platform/limits';
import { shortest } from './banner.ts';
import { crashingAt } from './crash-hook.ts';
import { printUsage, type Verb } from './verb.ts';
import { codeOf, reason } from './operator-error.ts';

const USAGE = `Usage: plinth move --to postgres://owner:password@host/database
       plinth move              the same, to DIRECT_URL, or else to DATABASE_URL
       plinth move --reopen     go on with the embedded database after all

Takes everything from the embedded database in DATA_DIR to an empty PostgreSQL, and compares what arrived. Stop the server
first. It can be repeated, whatever ended it. See docs/moving.md.
`;

/** Files that a move of the database leaves where they are. */
const FILES =
  'Files of accounts stay in the folder blobs of DATA_DIR. Keep it, or copy it to where the server will run (docs/blobs.md).';

/** `move`: from the embedded database to PostgreSQL. */
export const move: Verb = async ({ config, words }) => {
  const order = orderOf(words);
  if ('wrong' in order) return printUsage(order.wrong, USAGE);
  const { database } = config;
  const set = database.engine === 'postgres' ? (database.directUrl ?? database.url) : undefined;
  const to = order.to ?? set;
  if (to === undefined && !order.reopens) return printUsage(undefined, USAGE);
  const crashHook = crashingAt(config.crashAt);
  return withEmbedded(config, crashHook, async (source) => {
    if (to === undefined || order.reopens) {
      await reopen(source);
      say('The embedded database is in use again. What happened elsewhere since the move is not in it.');
      return 0;
    }
    const targetName = nameOf(to);
    say(`moving everything from ${shortest(config.dataDir)} to ${targetName}`);
    const moved = await moveTo(source, { to, targetName, crashHook }).catch(explain);
    say(report(moved, config, targetName));
    if (existsSync(join(config.dataDir, 'blobs'))) say(FILES);
    return 0;
  });
};

const OPTIONS = { to: { type: 'string' }, reopen: { type: 'boolean' } } as const;

interface Order {
  readonly to: string | undefined;
  readonly reopens: boolean;
}

/** The order, or the word that can't be read: of `--to` its name alone, as what follows it holds a password. */
function orderOf(words: readonly string[]): Order | { readonly wrong: string | undefined } {
  const { tokens } = parseArgs({ args: [...words], options: OPTIONS, strict: false, tokens: true });
  const order: { to: string | undefined; reopens: boolean } = { to: undefined, reopens: false };
  for (const token of tokens) {
    if (token.kind === 'option' && token.name === 'reopen' && token.value === undefined) order.reopens = true;
    else if (token.kind === 'option' && token.name === 'to' && isPostgresUrl(token.value))
      order.to = token.value;
    else return { wrong: token.kind === 'positional' ? token.value : words[token.index]?.split('=')[0] };
  }
  return order.reopens && order.to !== undefined ? { wrong: '--to' } : order;
}

function isPostgresUrl(text: string | undefined): text is string {
  return text !== undefined && /^postgres(ql)?:\/\//.test(text) && URL.canParse(text);
}

/** The embedded database of the data folder, with any other settings. A server that runs on it is in the way. */
async function withEmbedded<T>(
  { dataDir }: Config,
  crashHook: CrashHook | undefined,
  work: (db: Database) => Promise<T>,
): Promise<T> {
  const folder = join(dataDir, 'database');
  if (!existsSync(folder))
    throw new AppError('move_impossible', {
      message: `There is no embedded database in ${dataDir}. Set DATA_DIR to the folder that has it.`,
    });
  const store = await openStore({ database: { engine: 'pglite', dataDir: folder }, dataDir }, crashHook);
  try {
    await migrateUp(store.db, allMigrations());
    return await work(store.db);
  } finally {
    await store.close();
  }
}

interface Target {
  readonly to: string;
  readonly targetName: string;
  readonly crashHook: CrashHook | undefined;
}

async function moveTo(source: Database, { to, targetName, crashHook }: Target): Promise<Moved> {
  const target = await openDatabase({ engine: 'postgres', url: to, poolSize: 1, crashHook });
  try {
    return await moveDatabase({
      source,
      target,
      targetName,
      migrations: allMigrations(),
      sums: [LEDGER_SUMS],
      onTable: (name, rows) => {
        if (rows > 0) say(`  ${name.padEnd(30)} ${String(rows).padStart(8)} rows, equal`);
      },
    });
  } finally {
    await target.close();
  }
}

/** Connections that are refused, or lost on the way, are said in a sentence. */
function explain(error: unknown): never {
  const code = codeOf(error);
  if (error instanceof AppError || !/^(E[A-Z]+|08...|28...|3D000|53...|57P..)$/.test(code)) throw error;
  throw new AppError('move_impossible', {
    message: `${reason(error).replaceAll('DATABASE_URL', '--to')} Run this again when that is put right: there is everything there, or nothing.`,
    cause: error,
  });
}

function report(
  { outcome, tables, rows, sums }: Moved,
  { dataDir, masterKeys }: Config,
  targetName: string,
): string {
  const told = {
    moved: `moved: ${tables} tables, ${rows} rows; each table there has the same rows and digest as here`,
    already: `moved before: ${tables} tables, ${rows} rows are there and equal; nothing was left to do`,
    used: `moved before: ${targetName} has been in use since, and was left alone`,
  }[outcome];
  const keys =
    'keys' in masterKeys
      ? 'MASTER_KEYS as it is: it opens the secrets there too'
      : `DATA_DIR as it is, or MASTER_KEYS with what ${shortest(masterKeys.file)} says: it opens the secrets there too`;
  return `${told}
${sums.map(({ name, sum }) => `  ledger, ${name}: ${sum}\n`).join('')}
Now set
  DATABASE_URL   to ${targetName}, with its login
  ${keys}
and start. Keys, passwords and sessions are the same, and waiting jobs go on. The database in ${shortest(dataDir)} stays as it is
and starts no more.`;
}

/** Where a database is, without a login. */
function nameOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
