import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectPaths, ROOT, targetOf } from '../../testkit/house/source.ts';

/**
 * How much a test file shares with others. `pure` needs no service, `app` a database or Redis of the run, and `process` starts
 * programs: files of each of these run one after the other in the same processes, which load the program once. `alone` is for what
 * changes what a process has but once (its list of events, its working folder): each of these files has a process of its own.
 */
export type Group = (typeof GROUPS)[number];

/** In the order in which they run. */
export const GROUPS = ['alone', 'process', 'app', 'pure'] as const;

export interface TestFiles {
  readonly group: Group;
  readonly files: readonly string[];
}

/** Where a test comes to the services of a run, which start programs of their own, and where to programs. */
const SERVICES = 'testkit/services/';
const PROGRAM = '@plinth/testkit/program';
const PROGRAMS = [PROGRAM, 'node:child_process'];
/** Files that can't share a process. */
const ALONE: readonly string[] = [
  // It declares a sealed column of a table of its own, which every app that is opened would look into.
  'server/src/platform/base/secrets/reseal.test.ts',
];
/** They add an event or a mail once the program is read: calls made before would not know it, and the documents of all list it. */
const ADDS = /\badd(?:Events|Mails)\(/;

/** All test files by their group. */
export function testFiles(): TestFiles[] {
  const grouped = projectPaths()
    .filter((path) => path.endsWith('.test.ts'))
    .map((file) => ({ file, group: groupOf(file) }));
  return GROUPS.map((group) => ({
    group,
    files: grouped.filter((one) => one.group === group).map(({ file }) => file),
  }));
}

function groupOf(file: string): Group {
  const reached = reachedBy(file, new Set());
  if (ALONE.includes(file) || ADDS.test(textOf(file))) return 'alone';
  if (PROGRAMS.some((program) => reached.has(program))) return 'process';
  return [...reached].some((path) => path.startsWith(SERVICES)) ? 'app' : 'pure';
}

/** Whether a test file can tell one database from another: it comes to a service of the run, or starts the program. */
export function reachesService(file: string): boolean {
  return [...reachedBy(file, new Set())].some((path) => path.startsWith(SERVICES) || path === PROGRAM);
}

/** All that a test file names, and what the tests' own files name that it uses; the program's own files name no tests. */
function reachedBy(file: string, reached: Set<string>): Set<string> {
  for (const name of namedIn(file)) {
    const target = name.startsWith('node:') ? name : targetOf(file, name);
    if (target === undefined || reached.has(target)) continue;
    reached.add(target);
    if (isOfTests(target)) reachedBy(target, reached);
  }
  return reached;
}

function isOfTests(path: string): boolean {
  if (path.startsWith('node:') || path.startsWith(SERVICES)) return false;
  return (
    !/^(sdk|react|server|products|safety|sandboxes)\//.test(path) ||
    /\/testing\/|^products\/\w+\/test\//.test(path)
  );
}

/** By their text, as that takes a twentieth of parsing: each run of one test waits for this. */
function namedIn(file: string): string[] {
  return [...textOf(file).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name = '']) => name);
}

function textOf(file: string): string {
  const path = join(ROOT, file);
  return file.endsWith('.ts') && existsSync(path) ? readFileSync(path, 'utf8') : '';
}
