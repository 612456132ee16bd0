import { createHash } from 'node:crypto';
import { existsSync, globSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { z } from 'zod';
import { projectPaths, ROOT, targetOf } from '../../testkit/house/source.ts';

/** Test files that need not run while nothing that they read has changed. */
export interface SettledGroup {
  readonly name: string;
  /** A test file, or all test files of a folder. */
  readonly starts: readonly string[];
  /** Folders of data that they read by its path, which no import tells of. */
  readonly data?: readonly string[];
  /**
   * Files and folders of any kind that count, or patterns of such, without what they import. A group that names them counts of what
   * its tests import the helpers alone: these open the whole server, which would be other on each day.
   */
  readonly alone?: readonly string[];
}

/** A build of the program and of the console depends on these, besides their sources. */
const BUILD: readonly string[] = [
  'console/package.json',
  'server/bin',
  'server/src/main/build-console.ts',
  'server/src/main/build-files.ts',
  'server/src/main/build.ts',
  'server/src/main/built.js',
  'server/src/main/made.ts',
  'server/src/main/make.ts',
  'server/src/main/prepare.ts',
  'server/src/main/prepared-file.ts',
];

/**
 * Groups whose files reach a small part of the tree. A test of the whole server, as the browser's and the client's are, reaches
 * all of it, and would run each time after all.
 */
export const SETTLED: readonly SettledGroup[] = [
  { name: 'sandboxes', starts: ['sandboxes/'] },
  { name: 'prepared database', starts: ['server/src/platform/base/db/prepared.test.ts'] },
  {
    name: 'imported hashes',
    starts: ['server/src/platform/people/identity/passwords/imported-passwords.test.ts'],
  },
  { name: 'safety', starts: ['safety/'], data: ['safety/src', 'safety/sentences/dev'] },
  {
    name: 'reading of files',
    starts: ['products/documents/reading/'],
    data: ['products/documents/test/files'],
  },
  { name: 'making of files', starts: ['products/documents/exports/'] },
  { name: 'checks of packages', starts: ['products/marketplace/review/'] },
  // It installs the whole program, three minutes and more; that the program itself works others try on each run, and this at night.
  {
    name: 'package',
    starts: ['test/process/package.test.ts'],
    alone: [
      'server/bin',
      'create',
      'docs/examples/product',
      'docs/tutorial.md',
      'products/gateway',
      'products/reel',
      'scripts/pack',
      'scripts/pack.ts',
      'sdk/package.json',
      'sdk/src/added-routes.ts',
      'server/src/main/built.js',
      'server/src/main/client-routes.ts',
      'server/src/main/doors',
      'server/src/main/generate.ts',
      'server/src/main/new-product.ts',
      'server/src/main/new.ts',
      'server/src/main/prepared-file.ts',
      'server/src/platform/base/config/team.ts',
      'server/src/platform/product',
      'server/package.json',
      'server/src/products',
    ],
  },
  // Minutes, of Debian and npm; what the program does in it others try on each run, and this at night.
  {
    name: 'image',
    starts: ['test/process/image.test.ts'],
    alone: [
      ...BUILD,
      '.dockerignore',
      '.npmrc',
      'Dockerfile',
      'deploy/image',
      'safety/package.json',
      'sandboxes/package.json',
      'sdk/package.json',
      'server/package.json',
      'testkit/package.json',
      'server/src/main/health.ts',
    ],
  },
  // Two minutes of builds; all tests of programs run such a build.
  {
    name: 'builds',
    starts: ['test/process/built.test.ts'],
    alone: BUILD,
  },
  // Three minutes of CPU; that what they call is there the types say on each check.
  { name: 'benches', starts: ['bench/'], alone: ['bench'] },
  // Two minutes; a step that was applied somewhere is never changed, and each release has but a few more.
  {
    name: 'migrations',
    starts: ['server/src/platform/base/db/migrate-steps.test.ts'],
    alone: ['server/src/platform/base/db', '{server/src,products}/**/{functions,migrations}'],
  },
  // Three minutes; that calls, leases and webhooks work others try on each run, and this at night.
  {
    name: 'restore drill',
    starts: ['test/process/point-in-time.test.ts', 'test/process/restore.test.ts'],
    alone: [
      'server/src/main/restore.ts',
      'server/src/main/stripe.ts',
      'server/src/main/usage.ts',
      'server/src/platform/messages/audit/past-events.ts',
      'server/src/platform/operator/backup',
      'server/src/platform/billing/inbox',
      'server/src/platform/limits/functions',
      'server/src/platform/operator/reports/functions',
      'test/crash/stripe.ts',
      'test/process/record-revocations.ts',
      'testkit/services/archived-postgres.ts',
      'testkit/services/replica.ts',
    ],
  },
];

/** The environment variable that names the test files which Vitest is not to run, by commas. */
export const LEFT_OUT = 'PLINTH_TEST_LEFT_OUT';

/** What decides on every group: packages, paths, and how tests are run. */
const ALWAYS: readonly string[] = [
  'package.json',
  'package-lock.json',
  'server/package.json',
  'testkit/package.json',
  'vitest.config.ts',
  'testkit/after-file.ts',
  'testkit/closing.ts',
  'scripts/suite/groups.ts',
];
/** Where helpers of tests lie. */
const OF_TESTS = /^(test|testkit|scripts)\//;
const RECORD = join(ROOT, 'test/unchanged.json');

const recordSchema = z.record(
  z.string(),
  z.object({
    /** The day on which all of its tests passed. */
    on: z.iso.date(),
    /** Digest of what they read on that day. */
    digest: z.string(),
  }),
);
export type UnchangedRecord = Readonly<z.infer<typeof recordSchema>>;

/** A group that is left out, and since when nothing that it reads has changed. */
export interface LeftOut {
  readonly name: string;
  readonly files: readonly string[];
  readonly since: string;
}

/** The groups whose inputs are, byte for byte, those of the run that the tree has recorded. */
export function unchangedGroups(record: UnchangedRecord = readRecord()): LeftOut[] {
  return SETTLED.flatMap((group) => {
    const run = record[group.name];
    return run !== undefined && run.digest === digestOf(group)
      ? [{ name: group.name, files: filesOf(group), since: run.on }]
      : [];
  });
}

export function filesOf({ starts }: SettledGroup): string[] {
  return projectPaths().filter(
    (path) => path.endsWith('.test.ts') && starts.some((start) => path.startsWith(start)),
  );
}

/** Notes the groups whose files all passed; answers their names. */
export function recordPassed(passed: (file: string) => boolean): string[] {
  const groups = SETTLED.filter((group) => filesOf(group).every(passed));
  const on = new Date().toISOString().slice(0, 10);
  const noted = groups.map((group) => [group.name, { on, digest: digestOf(group) }] as const);
  const known = Object.entries(readRecord()).filter(([name]) => SETTLED.some((group) => group.name === name));
  const record = Object.fromEntries([...known, ...noted].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(RECORD, `${JSON.stringify(record, undefined, 2)}\n`);
  return groups.map(({ name }) => name);
}

function readRecord(): UnchangedRecord {
  return existsSync(RECORD) ? recordSchema.parse(JSON.parse(readFileSync(RECORD, 'utf8'))) : {};
}

/** Digest of all inputs, and of what runs them: the recorded run of another system or another Node says nothing of this one. */
export function digestOf(group: SettledGroup, textOf: (path: string) => Buffer = read): string {
  return digestOfInputs(inputsOf(group), textOf);
}

/** The same of inputs that are known. */
export function digestOfInputs(inputs: readonly string[], textOf: (path: string) => Buffer): string {
  const hash = createHash('sha256').update(`${process.version} ${process.platform} ${process.arch}`);
  for (const path of inputs) hash.update(`\n${path}\n`).update(textOf(path));
  return hash.digest('hex').slice(0, 32);
}

/** All that a group's test files import, directly or not, all other files in or under the folders of these files but code, and its data. */
export function inputsOf(group: SettledGroup): string[] {
  const code = new Set(filesOf(group));
  const counts = (name: string) => group.alone === undefined || OF_TESTS.test(name);
  for (const file of code) for (const name of namedIn(file).filter(counts)) code.add(name);
  const folders = new Set([...code].map((path) => posix.dirname(path)));
  const beside = [...folders]
    .filter((folder) => folder.split('/').length > (folder.startsWith('server/') ? 3 : 2))
    .flatMap(dataUnder);
  const data = (group.data ?? []).flatMap(dataUnder);
  const alone = (group.alone ?? []).flatMap((one) => globSync(one, { cwd: ROOT }).flatMap(filesAt));
  return [...new Set([...ALWAYS, ...code, ...beside, ...data, ...alone])].toSorted();
}

/** Every file of the project that a file names, by whichever kind of import, or as `new URL('./worker.ts', …)`. */
function namedIn(file: string): string[] {
  if (!/\.[jt]s$/.test(file)) return [];
  const text = read(file).toString();
  const names = [...text.matchAll(/(?:\bfrom|\bimport|new URL)\s*\(?\s*'([^']+)'/g)].map(
    ([, name = '']) => name,
  );
  return [...names.filter((name) => name !== DOOR), ...roomsBehindDoor(text)].flatMap((name) => {
    const target = targetOf(name.startsWith('#platform/') ? 'server/src' : file, name);
    // A name of ours that leads nowhere would be an input that no digest has.
    if (target === undefined && name.startsWith('#')) throw new Error(`${name} in ${file} leads nowhere`);
    return target !== undefined && existsSync(join(ROOT, target)) && /\.\w+$/.test(target) ? [target] : [];
  });
}

const DOOR = 'plinth/product';
const BY_NAME = /\b(?:im|ex)port (?:type )?\{([^}]*)\} from '([^']+)'/g;
const namesIn = (list: string) =>
  list
    .split(',')
    .map((name) =>
      name
        .trim()
        .replace(/^type /, '')
        .replace(/ as .*/, ''),
    )
    .filter((name) => name !== '');

/** By the name of what the door has: the module of the platform from which it comes. */
let rooms: ReadonlyMap<string, string> | undefined;

function readRooms(): ReadonlyMap<string, string> {
  const door = read('server/src/main/doors/product.ts').toString();
  return new Map(
    [...door.matchAll(BY_NAME)].flatMap(([, list = '', from = '']) =>
      namesIn(list).map((name) => [name, from] as const),
    ),
  );
}

/** The modules of the platform from which comes what a product imports: the door has all of them. */
function roomsBehindDoor(text: string): string[] {
  const wanted = [...text.matchAll(BY_NAME)]
    .filter(([, , from]) => from === DOOR)
    .flatMap(([, list = '']) => namesIn(list));
  rooms ??= readRooms();
  return [...new Set(wanted.map((name) => rooms?.get(name) ?? '#platform/product'))];
}

const dataUnder = (folder: string): string[] => filesAt(folder).filter((path) => !/\.[jt]s$/.test(path));

/** A file, or all files of a folder. */
function filesAt(path: string): string[] {
  if (statSync(join(ROOT, path)).isFile()) return [path];
  return readdirSync(join(ROOT, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(entry.parentPath.slice(ROOT.length + 1).replaceAll('\\', '/'), entry.name));
}

function read(path: string): Buffer {
  return readFileSync(join(ROOT, path));
}
