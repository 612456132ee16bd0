import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { type Config, ConfigError, PLANS_NAME } from '#platform/config';
import { hasCode } from '#platform/kernel';

/** The file that plans are read from. */
export interface PlansFile {
  readonly path: string;
  /** Whether the settings name it: then it must be there. */
  readonly isNamed: boolean;
}

/** The file of PLANS_FILE, else the one of the working directory. */
export const plansFileOf = ({ values: { PLANS_FILE: named } }: Pick<Config, 'values'>): PlansFile => ({
  path: named ?? join(process.cwd(), PLANS_NAME),
  isNamed: named !== undefined,
});

/** The file's text; undefined: there is none. Throws ConfigError where it can't be read, or is named and not there. */
export async function readPlansFile({ path, isNamed }: PlansFile): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!isNamed && hasCode(error, 'ENOENT')) return undefined;
    const why = hasCode(error, 'ENOENT') ? 'there is no such file' : 'it can not be read';
    const other = misnamedFile(path);
    throw new ConfigError([`PLANS_FILE ${path}: ${why}.${other === undefined ? '' : ` ${other}`}`]);
  }
}

/** A sentence on a file beside one that is not there, with another ending; undefined: there is none. */
export function misnamedFile(path: string): string | undefined {
  if (existsSync(path)) return undefined;
  const stem = path.slice(0, path.length - extname(path).length);
  const other = ['.yaml', '.yml', '.json'].map((ending) => stem + ending).find((one) => existsSync(one));
  return other && `${other} is not read: name it ${basename(path)}, or in PLANS_FILE.`;
}
