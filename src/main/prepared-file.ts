import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#platform/config';
import { preparedName } from '#platform/db';

const SOURCES = join(import.meta.dirname, '..');
/** Beside the compiled code, which the launcher keeps there. */
export const PREPARED = join(import.meta.dirname, '../../node_modules/.cache/plinth');

/** The file that a new embedded database is copied from; undefined where there is a database already. It need not exist. */
export function preparedFile({ database }: Pick<Config, 'database'>): string | undefined {
  if (database.engine !== 'pglite') return undefined;
  if (existsSync(database.dataDir) && !existsSync(`${database.dataDir}.unfinished`)) return undefined;
  return join(PREPARED, nameOfPrepared());
}

export function nameOfPrepared(): string {
  return preparedName(SOURCES);
}
