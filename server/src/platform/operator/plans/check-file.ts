import { ConfigError } from '#platform/config';
import type { Database } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import { misnamedFile, type PlansFile, readPlansFile } from './file.ts';
import { refusalsOf } from './preview.ts';
import { describeProblem, readPlans } from './read-plans.ts';
import { newestVersion, wasStored } from './store.ts';

/** The catalogues of the version that is stored last; none where there is no version. */
export async function storedCatalogues(db: Database): Promise<readonly Catalogue[]> {
  const [[row]] = await db.system('plans.read', [newestVersion()]);
  return row === undefined ? [] : readPlans(row.document).catalogues;
}

interface GivenFile {
  readonly file: PlansFile;
  /** Products that have their plans in source. */
  readonly inSource: readonly string[];
}

/** The text of a file and its catalogues; undefined where there is none. Throws ConfigError with a line for each mistake. */
export async function readableFile({ file, inSource }: GivenFile) {
  const text = await readPlansFile(file);
  if (text === undefined) return undefined;
  const { catalogues, problems } = readPlans(text, inSource);
  if (problems.length > 0) throw new ConfigError(problems.map(describeProblem));
  return { text, catalogues };
}

/** Which plans are in effect, and how the file differs from them. Throws ConfigError where it is refused. */
export async function checkPlansFile(db: Database, given: GivenFile): Promise<string> {
  const { file } = given;
  const read = await readableFile(given);
  const [[row]] = await db.system('plans.read', [newestVersion()]);
  const says =
    row === undefined
      ? 'none are stored'
      : `version ${row.version} of ${row.created_at.toISOString()}, by ${row.source === 'file' ? 'a file' : 'the API'}`;
  if (read === undefined) {
    const other = misnamedFile(file.path);
    if (other !== undefined) return `WARNING: ${other}`;
    return row === undefined ? 'there is no plans file' : `${says}; no file here`;
  }
  const { text, catalogues } = read;
  if (text === row?.document) return `${says}, as in ${file.path}`;
  const before = row === undefined ? [] : readPlans(row.document).catalogues;
  const refused = await refusalsOf(db, before, catalogues);
  if (refused.length > 0) throw new ConfigError(refused);
  const [[stored]] = await db.system('plans.read', [wasStored(text)]);
  return stored?.stored === true
    ? `WARNING: ${says}; ${file.path} is that of an earlier version, and without effect until it changes`
    : `WARNING: ${says}; ${file.path} is not in effect yet`;
}
