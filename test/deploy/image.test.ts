import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/closing';
import { DOCUMENT_PACKAGES } from '@plinth/documents';
import { ROOT } from '@plinth/testkit/house/source';
import { read } from './processes.ts';

interface Locked {
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
const { packages } = JSON.parse(read('package-lock.json')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const IN = 'node_modules/';
const installed = Object.entries(packages)
  .filter(([path, { dev }]) => path.startsWith(IN) && !path.slice(IN.length).includes(IN) && dev !== true)
  .map(([path]) => path.slice(IN.length));

/** Which packages are gone once the image's script has gone through an installation. */
function pruned(...words: string[]): string[] {
  const folder = temporaryFolder();
  for (const name of installed) mkdirSync(join(folder, IN, name), { recursive: true });
  execFileSync(process.execPath, [join(ROOT, 'deploy/image/prune.js'), ...words], { cwd: folder });
  return installed.filter((name) => !existsSync(join(folder, IN, name)));
}

/** Folders of the packages of this repository that the image has. */
const OWN = [
  '',
  ...Object.keys(packages).filter((path) => /^(server|sdk|sandboxes|safety|products\/\w+)$/.test(path)),
];

/** All packages that those of the server's own manifests lead to, without some of the first. */
function reached(without: readonly string[]): Set<string> {
  const found = new Set<string>();
  const add = ({ dependencies, optionalDependencies }: Locked = {}) => {
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      if (found.has(name) || without.includes(name)) continue;
      found.add(name);
      add(packages[IN + name]);
    }
  };
  for (const own of OWN) add(packages[own]);
  return found;
}

test('the slim image lacks what one product says that it alone needs, and nothing that others stand on', () => {
  const full = pruned();
  const first = OWN.flatMap((own) => Object.keys(packages[own]?.dependencies ?? {}));
  // The console is built before.
  expect(full.filter((name) => first.includes(name))).toEqual(['rolldown']);
  const gone = pruned('slim').filter((name) => !full.includes(name));
  expect(gone).toEqual(
    expect.arrayContaining(['tesseract.js', 'pdfjs-dist', 'pdfmake', '@expo-google-fonts/inter']),
  );
  const declared = Object.values(DOCUMENT_PACKAGES).flat();
  // A call that needs one is 503 package_missing, and `doctor` names it, where the product has declared it.
  const others = reached([...declared, '@expo-google-fonts/zcool-xiaowei']);
  expect(gone.filter((name) => others.has(name))).toEqual([]);
});
