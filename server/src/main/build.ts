import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { basename, dirname, join, sep } from 'node:path';
import type { Plugin } from 'rolldown';
import { systemClock } from '#platform/kernel';
import { inAscii } from './ascii.ts';
import { fromRoot, isInstalled, rememberSources, ROOT, writeManifest } from './build-files.ts';
import { digestOf, FOLDER, MANIFEST, type Manifest, readManifest, writtenAt } from './built.js';

const ENTRY = 'main';
/** Written by npm: the packages that are installed, with their versions. */
const INSTALLED = 'node_modules/.package-lock.json';

/**
 * Writes the program in few files, most packages left where they are. Files are named by what is in them and what names the first one is
 * written last: a process that starts meanwhile runs one build or the other.
 */
export async function buildProgram(): Promise<void> {
  const { rolldown } = await import('rolldown');
  // A file may be written within the second before, and again later with the same time.
  const quietSince = systemClock.now() - 1_000;
  /** As they were read: who edits one while it is built has the sources. */
  const read = new Map(
    ['package.json', INSTALLED]
      .filter((path) => existsSync(join(ROOT, path)))
      .map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]),
  );
  const build = await rolldown({
    input: join(ROOT, `server/src/${ENTRY}.ts`),
    platform: 'node',
    cwd: ROOT,
    external: (name, importer) => isInstalled(name) && !HTTP.test(name) && !isBuiltIn(name, importer),
    // Effects of a module that is loaded are never taken for needless.
    treeshake: false,
    plugins: [rememberSources(read), withoutFetch, partOfUndici, withPlaces],
  });
  const { output } = await build.write({
    dir: FOLDER,
    format: 'esm',
    sourcemap: true,
    // They lie beside it.
    sourcemapExcludeSources: true,
    entryFileNames: '[name]-[hash].js',
    chunkFileNames: '[name]-[hash].js',
    comments: false,
  });
  const written = output.map(({ fileName }) => fileName);
  for (const name of written) if (name.endsWith('.js')) writeInAscii(join(FOLDER, name));
  // The user who installs is not always the one who runs, and files that verbs write are their user's alone.
  for (const name of written) chmodSync(join(FOLDER, name), 0o644);
  chmodSync(FOLDER, 0o755);
  const sources = [...read.keys()].sort();
  const before = namesBefore();
  const manifest: Manifest = {
    entry: output.find((file) => file.type === 'chunk' && file.name === ENTRY)?.fileName,
    files: Object.fromEntries(written.map((name) => [name, statSync(join(FOLDER, name)).size])),
    digest: digestOf(sources, (path) => read.get(path) ?? ''),
    sources,
    times: sources.map((path) => {
      const time = writtenAt(path);
      return time < quietSince ? time : null;
    }),
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

/**
 * Packages that each start loads, with the packages that those load: their 780 files took 0.15 s of the main thread's 1.0.
 * The others are left where they are installed: many find files beside themselves.
 */
const BUILT_IN =
  /^(@opentelemetry|@orama|canonicalize|croner|entities|fastify|github-slugger|image-dimensions|jose|marked|openid-client|otplib|pg|pino|undici|ws|zod)(\/|$)/;

/** Packages of these that no start loads. */
const NOT_NEEDED =
  /^(@fastify\/(ajv-compiler|fast-json-stringify-compiler)|light-my-request|pg-native)(\/|$)/;

const isBuiltIn = (name: string, importer: string | undefined): boolean =>
  !NOT_NEEDED.test(name) && (BUILT_IN.test(name) || importer?.includes(PACKAGES) === true);

const PACKAGES = `${sep}node_modules${sep}`;

/** One character beyond ASCII has two bytes kept in memory for each of its file: 14 MB for all. */
function writeInAscii(path: string): void {
  writeFileSync(path, inAscii(readFileSync(path, 'utf8')));
}

/** Names of `node:http` that load the client of `fetch` when they are listed, as an import does. No start needs it. */
const LAZY = new Set(['WebSocket', 'CloseEvent', 'MessageEvent']);

const HTTP = /^(node:)?http$/;

/** Takes `node:http` without listing those names. */
const withoutFetch: Plugin = {
  name: 'node:http without fetch',
  resolveId: {
    filter: { id: HTTP },
    handler: (_id, _importer, { kind }) => (kind === 'import-statement' ? '\0http' : undefined),
  },
  load: {
    filter: { id: /^\0http$/ },
    handler: () => `const http = process.getBuiltinModule('node:http');
export default http;
export const { ${Object.keys(http)
      .filter((name) => !LAZY.has(name))
      .join(', ')} } = http;`,
  },
};

/**
 * The parts of undici that are used: its own entry loads a browser's fetch, sockets, caches and mocks too. An import of another name
 * fails the build; a pool has all methods that the entry gives it.
 */
export const partOfUndici: Plugin = {
  name: 'part of undici',
  resolveId: { filter: { id: /^undici$/ }, handler: () => '\0undici' },
  load: {
    filter: { id: /^\0undici$/ },
    handler: () => `import api from 'undici/lib/api/index.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
Object.assign(Dispatcher.prototype, api);
export { default as Pool } from 'undici/lib/dispatcher/pool.js';
export { default as buildConnector } from 'undici/lib/core/connect.js';`,
  },
};

/** A module asks where it lies, for what lies beside it: that is still where its source is, from wherever the project lies. */
const withPlaces: Plugin = {
  name: 'places of sources',
  transform: {
    filter: { code: /\bimport\.meta\.(?:url|dirname)\b/ },
    handler(code, id) {
      if (id.includes(PACKAGES)) return undefined;
      return {
        code: code
          .replaceAll(THREAD, (_whole, path: string) => {
            const thread = this.emitFile({ type: 'chunk', id: join(dirname(id), path) });
            return `new URL(import . meta.ROLLUP_FILE_URL_${thread})`;
          })
          .replaceAll(/\bimport\.meta\.url\b/g, `new URL('${fromBuilt(id)}', import.meta.url).href`)
          .replaceAll(
            /\bimport\.meta\.dirname\b/g,
            `process.getBuiltinModule('node:path').join(import.meta.dirname, '${fromBuilt(dirname(id))}')`,
          ),
        // Lines stay what they are.
        map: null,
      };
    },
  },
};

/** The file that a thread begins with. */
const THREAD = /new URL\('(\.\/[\w-]+-worker\.ts)', import\.meta\.url\)/g;

const fromBuilt = (path: string) => `../${fromRoot(path)}`;
