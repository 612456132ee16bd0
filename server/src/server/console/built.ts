import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { teamConfig } from '#platform/config';

/** Where `plinth prepare` puts the console. */
export const CONSOLE = join(import.meta.dirname, '../../../../console/dist');
/** File that lists its files. */
export const CONSOLE_MANIFEST = 'built.json';

/** Where `plinth generate` puts it in a team's repository that has pages of its own. */
export const teamConsole = (): string => resolve('generated/console');

/** The folder of the console that is served: the team's, where there is one. */
export function consoleFolder(): string {
  const isTeams = teamConfig() !== undefined && existsSync(join(teamConsole(), CONSOLE_MANIFEST));
  return isTeams ? teamConsole() : CONSOLE;
}

/** Contents of `console/dist/built.json`. Names are of files beside it. */
export interface ConsoleManifest {
  readonly script: string;
  readonly style: string;
  /** Files that the script begins by loading. */
  readonly imports: readonly string[];
  /** All files, and how many bytes each has. */
  readonly files: Readonly<Record<string, number>>;
  /** From the project's root. */
  readonly sources: readonly string[];
  /** Digest of what the sources said when they were read. */
  readonly digest: string;
}

/** The build that is there, whole; undefined where there is none. */
export function readConsole(folder = CONSOLE): ConsoleManifest | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, CONSOLE_MANIFEST), 'utf8')) as ConsoleManifest;
    const isWhole = Object.entries(manifest.files).every(
      ([name, size]) => statSync(join(folder, name)).size === size,
    );
    return isWhole ? manifest : undefined;
  } catch {
    return undefined;
  }
}
