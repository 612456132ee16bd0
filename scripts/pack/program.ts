import { chmodSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { fromRoot, isInstalled, ROOT } from '../../server/src/main/build-files.ts';

/** Files whose exports a package has, by their names in `dist/`. */
export const DOORS: Readonly<Record<string, string>> = {
  config: 'server/src/main/doors/config.ts',
  product: 'server/src/main/doors/product.ts',
  testing: 'server/src/main/doors/testing/index.ts',
};

/** Files that threads and processes begin with: `new URL('./worker.ts', import.meta.url)`. */
const WORKERS = [
  'server/src/platform/ai/metering/tokens-worker.ts',
  'server/src/platform/base/db/pglite-worker.ts',
  'server/src/platform/base/files/process/entry.ts',
  'testkit/walkers/statements-worker.ts',
];

const workerName = (path: string) => `worker-${basename(dirname(path))}-${basename(path, '.ts')}`;

/** Writes the program, its doors and its workers into a folder: chunks are shared, so that all of them have one of each registry. */
export async function buildDoors(folder: string): Promise<string[]> {
  const build = await rolldown({
    input: {
      main: 'server/src/main.ts',
      ...Object.fromEntries(Object.entries(DOORS).map(([door, source]) => [inner(door), source])),
      ...Object.fromEntries(WORKERS.map((path) => [workerName(path), path])),
    },
    platform: 'node',
    cwd: ROOT,
    external: isInstalled,
    treeshake: false,
    plugins: [withoutProducts, withPlaces],
  });
  const { output } = await build.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  });
  const doors = output.flatMap((file) => {
    const door = Object.keys(DOORS).find((name) => file.fileName === `${inner(name)}.js`);
    if (door === undefined || file.type !== 'chunk') return [];
    writeFileSync(join(folder, `${door}.js`), doorOf(door, file.exports));
    return [`${door}.js`];
  });
  const names = [...output.map(({ fileName }) => fileName), ...doors];
  for (const name of names) chmodSync(join(folder, name), 0o644);
  return names;
}

const inner = (door: string) => `door-${door}`;

/** An old Node can't link what is behind a door: it is told which one is needed before that is loaded. */
const doorOf = (
  door: string,
  names: readonly string[],
) => `import { demandNode } from '../server/bin/newer-node.js';
demandNode();
export const { ${names.join(', ')} } = await import('./${inner(door)}.js');
`;

/** A package serves the products of a team's `plinth.config.ts`, and has none inside. */
const withoutProducts: Plugin = {
  name: 'no products',
  load: {
    filter: { id: /server\/src\/products\/checkout\.ts$/ },
    handler: () => 'export const checkoutProducts = () => [];',
  },
};

/** Data lie where they lie in a checkout; workers are files of the build. */
const withPlaces: Plugin = {
  name: 'places in a package',
  transform: {
    filter: { code: /\bimport\.meta\.(?:url|dirname)\b/ },
    handler: (code, id) => ({
      code: code
        .replaceAll(/new URL\('(\.\/[^']+\.ts)', import\.meta\.url\)/g, (_whole, path: string) => {
          const worker = fromRoot(join(dirname(id), path));
          if (!WORKERS.includes(worker)) throw new Error(`${worker} is no worker that scripts/pack knows`);
          return `new URL('./${workerName(worker)}.js', import.meta . url)`;
        })
        .replaceAll(/\bimport\.meta\.url\b/g, `new URL('../${fromRoot(id)}', import.meta . url).href`)
        .replaceAll(
          /\bimport\.meta\.dirname\b/g,
          `process.getBuiltinModule('node:path').join(import.meta.dirname, '../${fromRoot(dirname(id))}')`,
        ),
      map: null,
    }),
  },
};
