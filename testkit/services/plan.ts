import type { PostgresBinaries } from './binaries.ts';
import { npmBinaries, pathBinaries } from './binaries.ts';

/** What the tests of one pass run on, as the environment says it. */
export type DatabasePlan =
  | { readonly engine: 'pglite' }
  | { readonly engine: 'postgres'; readonly url: string }
  | { readonly engine: 'postgres'; readonly binaries: PostgresBinaries };

/**
 * `TEST_ENGINE=pglite`, `TEST_DATABASE_URL` (a server that runs already) and `TEST_POSTGRES=path` (the `postgres`
 * on PATH) choose; otherwise it is PostgreSQL 18 from npm.
 */
export async function planDatabase(environment: NodeJS.ProcessEnv): Promise<DatabasePlan> {
  if (environment['TEST_ENGINE'] === 'pglite') return { engine: 'pglite' };
  const url = environment['TEST_DATABASE_URL'];
  if (url !== undefined && url !== '' && environment['TEST_POSTGRES'] !== 'path')
    return { engine: 'postgres', url };
  const binaries = await (environment['TEST_POSTGRES'] === 'path' ? pathBinaries() : npmBinaries());
  if (binaries === undefined) {
    throw new Error(
      `there is no PostgreSQL for ${process.platform}-${process.arch} in the packages of npm: set TEST_DATABASE_URL to a server that runs, or TEST_POSTGRES=path to use the one on PATH`,
    );
  }
  return { engine: 'postgres', binaries };
}
