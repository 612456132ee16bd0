import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../src/main/build-files.ts';
import { ORBIT_PACKAGES } from '../../src/products/orbit/packages.ts';
import { DOORS, PRODUCTS } from './program.ts';

export interface Manifest {
  readonly version: string;
  readonly private?: boolean;
  readonly scripts?: object;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** Packages that one product alone needs, and one that it does without. */
const OPTIONAL_PACKAGES = [
  ...new Set<string>([...Object.values(ORBIT_PACKAGES).flat(), '@expo-google-fonts/zcool-xiaowei']),
].toSorted();

/** Packages that only build. */
const OF_BUILDS = ['rolldown'];

const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Manifest;

/** The package.json of what is published: the checkout's, without what only a checkout needs. */
export function manifestOf(): object {
  const root = read('package.json');
  const kept = ['name', 'version', 'description', 'license', 'type', 'engines', 'bin'];
  const all = { ...read('safety/package.json').dependencies, ...root.dependencies };
  const isOptional = (key: string) => OPTIONAL_PACKAGES.includes(key);
  return {
    ...Object.fromEntries(kept.map((field) => [field, root[field]])),
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
    dependencies: Object.fromEntries(
      Object.entries(all)
        .filter(([key]) => !isOptional(key) && !OF_BUILDS.includes(key))
        .toSorted(([one], [other]) => (one < other ? -1 : 1)),
    ),
    peerDependencies: Object.fromEntries(
      OPTIONAL_PACKAGES.map((key) => [key, all[key] ?? root.optionalDependencies?.[key] ?? '*']),
    ),
    peerDependenciesMeta: Object.fromEntries(OPTIONAL_PACKAGES.map((key) => [key, { optional: true }])),
  };
}

const entryOf = (door: string, declared: string) => ({
  types: `./dist/types/${declared}.d.ts`,
  default: `./dist/${door}.js`,
});
