import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What to tell where there is none. */
export const NO_CHROMIUM = 'there is no chromium on PATH (Debian: apt-get install chromium)';

/** The system's Chromium, or a browser like it; undefined: there is none on PATH. */
export function chromiumOnPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return ['chromium', 'chromium-browser', 'google-chrome']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}
