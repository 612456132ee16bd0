import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolder } from '#platform/config';

/** Contents of `owner.json`: how to sign in as the local owner, and a key that may do everything. */
export interface OwnerFile {
  readonly email: string;
  readonly password: string;
  readonly api_key: string;
  /** The same for the owner's personal account, which products for people need. */
  readonly personal_api_key: string;
}

const ownerFile = z
  .object({ email: z.string(), password: z.string(), api_key: z.string(), personal_api_key: z.string() })
  .partial();

/** The local owner as the plain file of a folder has them; nothing where there is none. */
export function localOwner(dataDir: string): z.infer<typeof ownerFile> {
  try {
    return ownerFile.parse(JSON.parse(readFileSync(join(dataDir, 'owner.json'), 'utf8')));
  } catch {
    return {};
  }
}

/** The two places where the owner's file of a database may be: the first database of a folder has the plain name. */
function placesOf(dataDir: string, database: string): readonly [string, string] {
  return [join(dataDir, 'owner.json'), join(dataDir, `owner-${database}.json`)];
}

/** Which database a file belongs to; '' where it does not say. */
function databaseOf(path: string): string {
  try {
    const said: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const isNamed = typeof said === 'object' && said !== null && 'database' in said;
    return isNamed && typeof said.database === 'string' ? said.database : '';
  } catch {
    return '';
  }
}

/** The file in which the owner of this database is, where this folder has it. */
export function ownerFileOf(dataDir: string, database: string): string | undefined {
  return placesOf(dataDir, database).find((path) => databaseOf(path) === database);
}

/** The key of the local owner of this database, where this folder has it. */
export function ownerKeyOf(dataDir: string, database: string): string | undefined {
  const path = ownerFileOf(dataDir, database);
  const said: unknown = path === undefined ? undefined : JSON.parse(readFileSync(path, 'utf8'));
  const hasKey = typeof said === 'object' && said !== null && 'api_key' in said;
  return hasKey && typeof said.api_key === 'string' ? said.api_key : undefined;
}

/**
 * Writes the owner's file of a database, and never over that of another: its key and password are nowhere else. Renamed
 * into place, so that a reader never sees half of it.
 */
export function writeOwnerFile(dataDir: string, database: string, owner: OwnerFile): void {
  makeFolder(dataDir);
  ignoreInGit(dataDir);
  const [first, own] = placesOf(dataDir, database);
  const path = !existsSync(first) || databaseOf(first) === database ? first : own;
  writeFileSync(`${path}.new`, `${JSON.stringify({ ...owner, database }, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** A data folder below a repository has keys, and mails with tokens: none of it is to be committed, under any name of the folder. */
function ignoreInGit(dataDir: string): void {
  const path = join(dataDir, '.gitignore');
  if (!existsSync(path)) writeFileSync(path, '*\n');
}
