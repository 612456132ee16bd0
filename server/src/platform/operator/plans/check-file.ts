import { ConfigError } from '#platform/config';
import type { Database } from '#platform/db';
import type { Catalogue } from '#platform/entitlements';
import { type PlansFile, readPlansFile } from './file.ts';
import { refusalsOf } from './preview.ts';
import { describeProblem, readPlans } from './read-plans.ts';
import { newestVersion, wasStored } from './store.ts';

/** The catalogues of the version that is stored last; none where there is no version. */
export async function storedCatalogues(db: Database): Promise<readonly Catalogue[]> {
  const [[row]] = await db.system('plans.read', [newestVersion()]);
  return row === undefined ? [] : readPlans(row.document).catalogues;
}

/** Which plans are in effect, and how the file differs from them. Throws ConfigError where it is refused. */
export async function checkPlansFile(
  db: Database,
  { file, inSource }: { readonly file: PlansFile; readonly inSource: readonly string[] },
): Promise<string> {
  const text = await readPlansFile(file);
  const [[row]] = await db.system('plans.read', [newestVersion()]);
  const says =
    row === undefined
      ? 'none are stored'
      : `version ${row.version} of ${row.created_at.toISOString()}, by ${row.source === 'file' ? 'a file' : 'the API'}`;
  if (text === undefined) return row === undefined ? 'there is no plans file' : `${says}; no file here`;
  const { catalogues, problems } = readPlans(text, inSource);
  if (problems.length > 0) throw new ConfigError(problems.map(describeProblem));
  if (text === row?.document) return `${says}, as in ${file.path}`;
  const before = row === undefined ? [] : readPlans(row.document).catalogues;
  const refused = await refusalsOf(db, before, catalogues);
  if (refused.length > 0) throw new ConfigError(refused);
  const [[stored]] = await db.system('plans.read', [wasStored(text)]);
  return stored?.stored === true
    ? `WARNING: ${says}; ${file.path} is that of an earlier version, and without effect until it changes`
    : `WARNING: ${says}; ${file.path} is not in effect yet`;
}
