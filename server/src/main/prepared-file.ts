import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, isPackage, teamConfig } from '#platform/config';
import { preparedName } from '#platform/db';
import { ROOT } from './build-files.ts';

/** Beside the compiled code, which the launcher keeps there; a package brings one, of the platform alone. */
export const PREPARED = join(ROOT, isPackage ? 'prepared' : 'node_modules/.cache/plinth');

/** The file that a new embedded database is copied from; undefined where there is a database already. It need not exist. */
export function preparedFile({ database }: Pick<Config, 'database'>): string | undefined {
  if (database.engine !== 'pglite') return undefined;
  // A checkout's has the tables of the products that ship.
  if (!isPackage && teamConfig() !== undefined) return undefined;
  if (existsSync(database.dataDir) && !existsSync(`${database.dataDir}.unfinished`)) return undefined;
  return join(PREPARED, nameOfPrepared());
}

export function nameOfPrepared(): string {
  return preparedName(ROOT);
}
