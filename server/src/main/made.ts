import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './build-files.ts';
import { digestOf } from './built.js';

/** Files that follow from the routes. Git keeps none of them: `npm ci`, `npm run generate` and `npm test` make them. */
export const CALLS = {
  document: 'docs/generated/openapi.json',
  access: 'docs/generated/access.md',
  calls: 'docs/generated/calls.md',
  commitPoints: 'docs/generated/commit-points.md',
  client: 'sdk/src/routes.generated.ts',
} as const;
type Call = (typeof CALLS)[keyof typeof CALLS];

/** A digest of the sources and of the files that were made of them. */
const STAMP = '.cache/made';
const SOURCES = ['server/src', 'products', 'safety/src'];
const NO_SOURCE = /^safety\/.*\.json$|\.test\.ts$|^products\/\w+\/(console|node_modules|test)\//;

/** Texts of the sources by their paths from the project's root. */
export function readSources(root = ROOT): ReadonlyMap<string, string> {
  const paths = SOURCES.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
      (name) => `${folder}/${name.replaceAll('\\', '/')}`,
    ),
  ).filter((path) => /\.(ts|json)$/.test(path) && !NO_SOURCE.test(path));
  return new Map(
    ['plinth.config.ts', 'server/package.json', ...paths].sort().map((path) => [path, read(root, path)]),
  );
}

/** Whether the files that follow from the routes are there, as they were made of exactly these sources. */
export function isMade(root = ROOT): boolean {
  try {
    return stampOf(readSources(root), (path) => read(root, path)) === read(root, STAMP);
  } catch {
    return false;
  }
}

/** Writes them. `sources` is what was read before they were made: a source that is edited meanwhile has them made anew. */
export function keepMade(
  texts: Readonly<Record<Call, string>>,
  sources: ReadonlyMap<string, string>,
  root = ROOT,
): void {
  for (const path of Object.values(CALLS)) writeMade(path, texts[path], root);
  writeMade(
    STAMP,
    stampOf(sources, (path) => texts[path]),
    root,
  );
}

/** In one step: another process that makes it too, or reads it, has a whole file. Who installs is not always who runs. */
export function writeMade(path: string, text: string, root = ROOT): void {
  const beside = join(root, `${path}.${process.pid}`);
  mkdirSync(dirname(beside), { recursive: true, mode: 0o755 });
  writeFileSync(beside, text);
  chmodSync(beside, 0o644);
  renameSync(beside, join(root, path));
}

const stampOf = (sources: ReadonlyMap<string, string>, textOf: (path: Call) => string): string => {
  const texts = new Map([...sources, ...Object.values(CALLS).map((path) => [path, textOf(path)] as const)]);
  return digestOf([...texts.keys()], (path) => texts.get(path) ?? '');
};

const read = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');
