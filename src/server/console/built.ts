import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Where `plinth prepare` puts the console, and what says which files it has. */
export const CONSOLE = join(import.meta.dirname, '../../../console/dist');
export const CONSOLE_MANIFEST = join(CONSOLE, 'built.json');

/** What `console/dist/built.json` says. Names are of files beside it. */
export interface ConsoleManifest {
  readonly script: string;
  readonly style: string;
  /** What the script begins by loading. */
  readonly imports: readonly string[];
  /** All files, and how many bytes each has. */
  readonly files: Readonly<Record<string, number>>;
  /** From the project's root. */
  readonly sources: readonly string[];
  /** Of what the sources said when they were read. */
  readonly digest: string;
}

/** The build that is there, whole; undefined where there is none. */
export function readConsole(): ConsoleManifest | undefined {
  try {
    const manifest = JSON.parse(readFileSync(CONSOLE_MANIFEST, 'utf8')) as ConsoleManifest;
    const isWhole = Object.entries(manifest.files).every(
      ([name, size]) => statSync(join(CONSOLE, name)).size === size,
    );
    return isWhole ? manifest : undefined;
  } catch {
    return undefined;
  }
}
