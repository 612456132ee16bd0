import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ROOT } from '../../test/house/source.ts';
import type { Patch } from '../../test/sabotage/index.ts';

const LEFT_OUT = new Set(['node_modules', '.git', 'data', 'coverage', '.cache']);

/** A copy of the project to break things in, with the packages of the original. */
export interface Copy {
  readonly folder: string;
  /** Applies a patch; answers how to take it back. */
  apply(patch: Patch): () => void;
  remove(): void;
}

export function copyProject(): Copy {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-sabotage-'));
  cpSync(ROOT, folder, { recursive: true, filter: (path) => path === ROOT || !LEFT_OUT.has(basename(path)) });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return {
    folder,
    apply({ file, find, replace }) {
      const path = join(folder, file);
      const before = readFileSync(path, 'utf8');
      writeFileSync(path, patched(before, { file, find, replace }));
      return () => writeFileSync(path, before);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The text with the patch in it. A patch that fits nowhere, or in two places, is out of date. */
export function patched(
  before: string,
  { file, find, replace }: Pick<Patch, 'file' | 'find' | 'replace'>,
): string {
  const [head = '', ...rest] = before.split(find);
  if (rest.length !== 1) throw new Error(`"find" occurs ${rest.length} times in ${file}: it must occur once`);
  if (find === replace) throw new Error(`the patch changes nothing in ${file}`);
  return head + replace + rest.join('');
}
