import { chmodSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Plugin } from 'rolldown';
import { fromRoot, isInstalled, rememberSources, ROOT, writeManifest } from './build-files.ts';
import { digestOf, FOLDER, MANIFEST, type Manifest, readManifest } from './built.js';

/**
 * Writes the program in few files, packages left where they are. Files are named by what is in them and what names the first one is
 * written last: a process that starts meanwhile runs one build or the other.
 */
export async function buildProgram(): Promise<void> {
  const { rolldown } = await import('rolldown');
  /** As they were read: who edits one while it is built has the sources. */
  const read = new Map([['package.json', readFileSync(join(ROOT, 'package.json'), 'utf8')]]);
  const build = await rolldown({
    input: join(ROOT, 'server/src/main.ts'),
    platform: 'node',
    cwd: ROOT,
    external: isInstalled,
    // Effects of a module that is loaded are never taken for needless.
    treeshake: false,
    plugins: [rememberSources(read), withPlaces],
  });
  const { output } = await build.write({
    dir: FOLDER,
    format: 'esm',
    sourcemap: true,
    // They lie beside it.
    sourcemapExcludeSources: true,
    entryFileNames: '[name]-[hash].js',
    chunkFileNames: '[name]-[hash].js',
  });
  const written = output.map(({ fileName }) => fileName);
  // The user who installs is not always the one who runs, and files that verbs write are their user's alone.
  for (const name of written) chmodSync(join(FOLDER, name), 0o644);
  chmodSync(FOLDER, 0o755);
  const sources = [...read.keys()].sort();
  const before = namesBefore();
  const manifest: Manifest = {
    entry: output.find((file) => file.type === 'chunk' && file.isEntry)?.fileName,
    files: Object.fromEntries(written.map((name) => [name, statSync(join(FOLDER, name)).size])),
    digest: digestOf(sources, (path) => read.get(path) ?? ''),
    sources,
  };
  writeManifest(MANIFEST, manifest);
  // A server that runs may ask for a file of the build before this one at any time.
  const kept = new Set([...written, ...before, basename(MANIFEST)]);
  for (const other of readdirSync(FOLDER))
    if (!kept.has(other)) rmSync(join(FOLDER, other), { force: true, recursive: true });
}

function namesBefore(): string[] {
  try {
    return Object.keys(readManifest().files);
  } catch {
    return [];
  }
}

/** A module asks where it lies, for what lies beside it: that is still where its source is, from wherever the project lies. */
const withPlaces: Plugin = {
  name: 'places of sources',
  transform: {
    filter: { code: /\bimport\.meta\.(?:url|dirname)\b/ },
    handler: (code, id) => ({
      code: code
        .replaceAll(/\bimport\.meta\.url\b/g, `new URL('${fromBuilt(id)}', import.meta.url).href`)
        .replaceAll(
          /\bimport\.meta\.dirname\b/g,
          `process.getBuiltinModule('node:path').join(import.meta.dirname, '${fromBuilt(dirname(id))}')`,
        ),
      // Lines stay what they are.
      map: null,
    }),
  },
};

const fromBuilt = (path: string) => `../${fromRoot(path)}`;
