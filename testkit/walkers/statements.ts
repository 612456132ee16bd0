import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Part } from '#platform/product';
import { type Description, describeEmbedded, describeStatements } from '../services/describe-statements.ts';
import { differences, nullableColumns } from '../statements/differences.ts';
import type { ReadStatements } from '../statements/read-statements.ts';
import type { Sources } from './statements-worker.ts';
import type { WalkedApp } from './walked-app.ts';

/** Compares the statements of a product with the database. A product that is installed without its sources has none to compare. */
export async function statementObjections(app: WalkedApp, parts: readonly Part[]): Promise<string[]> {
  const found: string[] = [];
  for (const { folder } of parts) {
    const sources = folder === undefined ? undefined : await sourcesAt(folder);
    if (sources !== undefined) found.push(...(await objectionsIn(app, sources)));
  }
  return found;
}

async function sourcesAt(file: string): Promise<Sources | undefined> {
  if (!file.startsWith('file:') || !file.endsWith('.ts')) return undefined;
  const folder = dirname(fileURLToPath(file));
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    const project = join(at, 'tsconfig.json');
    if (!existsSync(project)) continue;
    const own = relative(at, folder).split(sep).join('/');
    return { project, own: own === '' ? '' : `${own}/`, shown: await shownIn(folder) };
  }
  return undefined;
}

/** Statements that a run alone knows, as `testing/statements.ts` of the product in a folder shows them; none without that file. */
export async function shownIn(folder: string): Promise<Sources['shown']> {
  const file = join(folder, 'testing/statements.ts');
  if (!existsSync(file)) return {};
  const { statements } = (await import(pathToFileURL(file).href)) as { statements: Sources['shown'] };
  return statements;
}

async function objectionsIn(app: WalkedApp, sources: Sources): Promise<string[]> {
  if (!hasCompiler())
    return [
      'the package typescript (7 or later) is not installed beside plinth, so that no types are compared',
    ];
  const read = await readIn(sources);
  const answers = await describe(app, read.texts);
  return [
    ...read.hidden.map((at) => `${at}: a statement is made in another way than by a call of statement()`),
    ...differences(read, answers, await nullableColumns(app.db, [])),
  ];
}

/** In a thread of its own: the compiler is asked for seconds without a pause, and a server that stands still so long loses its lease. */
async function readIn(sources: Sources): Promise<ReadStatements> {
  const worker = new Worker(new URL('./statements-worker.ts', import.meta.url), { workerData: sources });
  try {
    const [read] = (await once(worker, 'message')) as [ReadStatements];
    return read;
  } finally {
    await worker.terminate();
  }
}

function hasCompiler(): boolean {
  try {
    createRequire(import.meta.url).resolve('typescript/unstable/sync');
    return true;
  } catch {
    return false;
  }
}

async function describe({ app, db }: WalkedApp, texts: readonly string[]): Promise<Description[]> {
  const { database } = app.modules.options.config;
  if (database.engine === 'postgres') return describeStatements(database.url, texts);
  // No second program opens a folder that one has open: a copy is asked.
  const copy = mkdtempSync(join(tmpdir(), 'plinth-walked-'));
  try {
    const folder = join(copy, 'database');
    await db.freeze?.((from) => Promise.resolve(cpSync(from, folder, { recursive: true })));
    return await describeEmbedded(folder, texts);
  } finally {
    rmSync(copy, { recursive: true });
  }
}
