import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '#platform/config';
import { createOpenAISandbox } from '#sandbox/openai';
import { type App, openApp } from '../server/src/app.ts';
import { npmBinaries } from '@plinth/testkit/services/binaries';
import { startPostgres } from '@plinth/testkit/services/postgres';

type Settings = Readonly<Record<string, string>>;

/** A PostgreSQL that keeps what it commits, and a data folder, for as long as a bench lasts; and the settings that name them. */
export async function onDatabase<T>(bench: (settings: Settings) => Promise<T>): Promise<T> {
  const binaries = await npmBinaries();
  if (binaries === undefined)
    throw new Error('there is no PostgreSQL for this system in the packages of npm');
  const server = await startPostgres({ binaries, durable: true });
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'));
  try {
    return await bench({
      DATABASE_URL: server.adminUrl,
      NODE_ENV: 'test',
      DATA_DIR: folder,
      PORT: '0',
      LOG_LEVEL: 'silent',
    });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same with models that cost nothing. */
export function onDatabaseWithModels<T>(bench: (settings: Settings) => Promise<T>): Promise<T> {
  return onDatabase(async (settings) => {
    const sandbox = await createOpenAISandbox();
    try {
      const upstream = { name: 'sandbox', base_url: sandbox.url, api_key: sandbox.apiKey };
      const models = ['sandbox-small', 'sandbox-large'];
      return await bench({ ...settings, AI_UPSTREAMS: JSON.stringify([{ ...upstream, models }]) });
    } finally {
      await sandbox.close();
    }
  });
}

/** The server in this process, until the bench ends. */
export async function withApp<T>(
  settings: Settings,
  options: Pick<Parameters<typeof openApp>[0], 'work' | 'migrate' | 'stripeSandbox' | 'crashHook'>,
  bench: (app: App) => Promise<T>,
): Promise<T> {
  const app = await openApp({
    config: readConfig(settings),
    version: 'bench',
    serve: true,
    ...options,
    onLost(reason) {
      throw new Error(reason);
    },
  });
  try {
    return await bench(app);
  } finally {
    await app.stop();
  }
}
