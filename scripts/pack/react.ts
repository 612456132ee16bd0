import { execFileSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../server/src/main/build-files.ts';
import { readManifest } from './manifest.ts';

/** Writes `@plinth/react` as it is installed: compiled, with its types and styles. */
export function buildReact(folder: string): void {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const words = ['-p', join(ROOT, 'react/tsconfig.build.json'), '--outDir', join(folder, 'dist')];
  execFileSync(process.execPath, [tsc, ...words], { stdio: 'inherit' });
  cpSync(join(ROOT, 'react/src/styles.css'), join(folder, 'dist/styles.css'));
  cpSync(join(ROOT, 'react/README.md'), join(folder, 'README.md'));
  cpSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  const {
    private: _private,
    devDependencies: _devDependencies,
    ...manifest
  } = readManifest('react/package.json');
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}
