// Plain JavaScript: a launcher that has to strip types first loses a part of what a build saves.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Where `plinth prepare` puts the program in few files, and what says which of them is the first, and of what it was made. */
export const FOLDER = join(import.meta.dirname, '../../../dist');
const ROOT = join(FOLDER, '..');
export const MANIFEST = join(FOLDER, 'built.json');

/** The file to start, where there is a whole build of exactly the sources that lie here. */
export function builtProgram() {
  try {
    const { entry, files, sources, times, digest } = readManifest();
    const isWhole = Object.entries(files).every(([name, size]) => statSync(join(FOLDER, name)).size === size);
    if (!isWhole) return undefined;
    // Sources with the times of the build are not read: reading 1,500 files takes six times as long. A copy has other times.
    const isUntouched = sources.every((path, index) => writtenAt(path) === times[index]);
    return isUntouched || digestOf(sources) === digest ? join(FOLDER, entry) : undefined;
  } catch {
    return undefined;
  }
}

/** The program of a package, which is never built anew; `torn` is the file that is not as it was packed. */
export function packagedProgram() {
  let torn = 'dist/built.json';
  try {
    const { entry, files } = readManifest();
    for (const [name, size] of Object.entries(files)) {
      torn = `dist/${name}`;
      if (statSync(join(FOLDER, name)).size !== size) return { torn };
    }
    return { program: join(FOLDER, entry) };
  } catch {
    return { torn };
  }
}

export function readManifest() {
  return JSON.parse(readFileSync(MANIFEST, 'utf8'));
}

/** Digest of what the files say, not of when they were written: a copy is as good as the original. Paths are from the project's root. */
export function digestOf(sources, read = readSource) {
  const hash = createHash('sha256');
  for (const path of sources) {
    const said = read(path);
    // A line that moves from one file to the next one is a change.
    hash.update(`${path}\0${Buffer.byteLength(said)}\0`).update(said);
  }
  return hash.digest('hex');
}

function readSource(path) {
  return readFileSync(join(ROOT, path));
}

/** When a source was last written to, in milliseconds. */
export function writtenAt(path) {
  return statSync(join(ROOT, path)).mtimeMs;
}

/**
 * Errors of a build tell where they are in the sources. Node's own way reads all maps at the start; here one is read
 * when an error of its file is first looked at.
 */
export function tellSources() {
  const maps = new Map();
  const mapOf = (url) => {
    if (!maps.has(url)) maps.set(url, readMap(url));
    return maps.get(url);
  };
  const place = new RegExp(String.raw`(${RegExp.escape(pathToFileURL(FOLDER).href)}/[^\s:)]+):(\d+):(\d+)`);
  Error.prepareStackTrace = (error, sites) => {
    const frames = sites.map(String).map((site) => `    at ${site.replace(place, sourceOf)}`);
    return [Error.prototype.toString.call(error), ...frames].join('\n');
  };

  function sourceOf(told, ...[url, line, column]) {
    const found = mapOf(url)?.findEntry(line - 1, column - 1);
    if (found?.originalSource === undefined) return told;
    const { originalSource, originalLine, originalColumn } = found;
    return `${new URL(originalSource, url).href}:${originalLine + 1}:${originalColumn + 1}`;
  }
}

function readMap(url) {
  try {
    return new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${url}.map`), 'utf8')));
  } catch {
    return undefined;
  }
}
