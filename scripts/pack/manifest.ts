import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { products } from '#products';
import { ROOT } from '../../server/src/main/build-files.ts';
import { DOORS, PACKAGES, PRODUCTS } from './program.ts';

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

const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Manifest;

/** The package.json of what is published: the server's, with what its products need. */
export function manifestOf(): object {
  const server = read('server/package.json');
  const kept = ['name', 'version', 'description', 'license', 'type', 'engines'];
  const all = ['server', 'safety', 'products/documents', ...PACKAGES.map((name) => `products/${name}`)].map(
    (folder) => read(`${folder}/package.json`),
  );
  const named = sorted(
    all.flatMap(({ dependencies, optionalDependencies }) => [dependencies, optionalDependencies]),
  );
  // A team installs those that it wants, and a call that lacks one says so.
  const optional = [
    ...products.flatMap(({ packages }) => Object.values(packages).flat()),
    ...all.flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {})),
  ];
  const [wanted, always] = [true, false].map((is) =>
    Object.fromEntries(Object.entries(named).filter(([name]) => optional.includes(name) === is)),
  ) as [Record<string, string>, Record<string, string>];
  return {
    ...Object.fromEntries(kept.map((field) => [field, server[field]])),
    bin: { plinth: 'server/bin/plinth.js' },
    exports: {
      ...Object.fromEntries(
        Object.entries(DOORS).map(([door, source]) => [
          `./${door}`,
          entryOf(door, source.replace(/\.ts$/, '')),
        ]),
      ),
      ...Object.fromEntries(
        PRODUCTS.map((name) => [`./products/${name}`, entryOf(`products-${name}`, `products-${name}`)]),
      ),
      './package.json': './package.json',
    },
    dependencies: always,
    peerDependencies: wanted,
    peerDependenciesMeta: Object.fromEntries(Object.keys(wanted).map((name) => [name, { optional: true }])),
  };
}

/** All of them by name, without what is no part of a package. */
function sorted(packages: readonly Manifest['dependencies'][]): Record<string, string> {
  return Object.fromEntries(
    packages
      .flatMap((some = {}) => Object.entries(some))
      .filter(([name]) => !NOT_INSTALLED.test(name))
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
}

const entryOf = (door: string, declared: string) => ({
  types: `./dist/types/${declared}.d.ts`,
  default: `./dist/${door}.js`,
});
