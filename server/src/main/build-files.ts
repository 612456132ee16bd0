import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Plugin } from 'rolldown';

/** The project's. */
export const ROOT = join(import.meta.dirname, '../../..');

/** A path as a manifest has it: from the project's root. */
export const fromRoot = (path: string): string => relative(ROOT, path).split(sep).join('/');

/** Names of this project's own files and packages. */
const OWN = /^([./#]|plinth\/|@plinth\/)/;

/** Whether a build leaves what has this name where it is installed. */
export const isInstalled = (name: string): boolean => !OWN.test(name) && !name.startsWith(ROOT);

/** Notes what each source of some folders says when it is built, by its path from the first of them; their packages are not of them. */
export function rememberSources(read: Map<string, string>, folders: readonly string[] = [ROOT]): Plugin {
  const [root = ROOT] = folders;
  return {
    name: 'what sources say',
    transform(code, id) {
      const isOwn = folders.some(
        (folder) =>
          id.startsWith(folder + sep) && !id.slice(folder.length).includes(`${sep}node_modules${sep}`),
      );
      if (isOwn) read.set(relative(root, id).split(sep).join('/'), code);
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
