import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Plugin } from 'rolldown';

/** The project's. */
export const ROOT = join(import.meta.dirname, '../..');

/** A path as a manifest has it: from the project's root. */
export const fromRoot = (path: string): string => relative(ROOT, path).split(sep).join('/');

/** Notes what each source of the project says when it is built, by its path. */
export function rememberSources(read: Map<string, string>): Plugin {
  return {
    name: 'what sources say',
    transform(code, id) {
      if (id.startsWith(ROOT) && !id.includes(`${sep}node_modules${sep}`)) read.set(fromRoot(id), code);
    },
  };
}

/** Puts a manifest in the place of the one before, in one step: what names the files of a build is written last. Who installs is not always who runs. */
export function writeManifest(path: string, manifest: object): void {
  const beside = `${path}.${process.pid}`;
  writeFileSync(beside, JSON.stringify(manifest), { mode: 0o644 });
  chmodSync(beside, 0o644);
  renameSync(beside, path);
}
