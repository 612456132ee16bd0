import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../server/src/main/build-files.ts';
import { DOORS } from './program.ts';

export interface Manifest {
  readonly version: string;
  readonly private?: boolean;
  readonly scripts?: object;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** Packages that only build, or are part of the package. */
const NOT_INSTALLED = /^(rolldown$|@plinth\/)/;

export const readManifest = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Manifest;

/** The package.json of what is published. */
export function manifestOf(): object {
  const server = readManifest('server/package.json');
  const kept = ['name', 'version', 'description', 'license', 'type', 'engines'];
  return {
    ...Object.fromEntries(kept.map((field) => [field, server[field]])),
    bin: { plinth: 'server/bin/plinth.js' },
    exports: {
      ...Object.fromEntries(
        Object.entries(DOORS).map(([door, source]) => [
          `./${door}`,
          { types: `./dist/types/${source.replace(/\.ts$/, '')}.d.ts`, default: `./dist/${door}.js` },
        ]),
      ),
      './package.json': './package.json',
    },
    dependencies: sorted([server, readManifest('safety/package.json')]),
  };
}

/** All that they need by name, without what is no part of a package. */
function sorted(packages: readonly Manifest[]): Record<string, string> {
  return Object.fromEntries(
    packages
      .flatMap(({ dependencies = {} }) => Object.entries(dependencies))
      .filter(([name]) => !NOT_INSTALLED.test(name))
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
}
