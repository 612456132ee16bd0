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

/** The file's text; undefined: there is none. Throws ConfigError where it can't be read, is no text, or is named and not there. */
export async function readPlansFile({ path, isNamed }: PlansFile): Promise<string | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (!isNamed && hasCode(error, 'ENOENT')) return undefined;
    const why = hasCode(error, 'ENOENT') ? 'there is no such file' : 'it can not be read';
    const other = misnamedFile(path);
    throw new ConfigError([`PLANS_FILE ${path}: ${why}.${other === undefined ? '' : ` ${other}`}`]);
  }
  return textOf(bytes, path);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-16, Latin-1 and files of other programs are none: the database takes no NUL, and names would be other ones. */
function textOf(bytes: Buffer, path: string): string {
  try {
    if (!bytes.includes(0)) return utf8.decode(bytes);
  } catch {
    // Told as a NUL is.
  }
  throw new ConfigError([`PLANS_FILE ${path}: it is no text in UTF-8. Save it as UTF-8.`]);
}

/** A sentence on a file beside one that is not there, with another ending; undefined: there is none. */
export function misnamedFile(path: string): string | undefined {
  if (existsSync(path)) return undefined;
  const stem = path.slice(0, path.length - extname(path).length);
  const other = ['.yaml', '.yml', '.json'].map((ending) => stem + ending).find((one) => existsSync(one));
  return other && `${other} is not read: name it ${basename(path)}, or in PLANS_FILE.`;
}
