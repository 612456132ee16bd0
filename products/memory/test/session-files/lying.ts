import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestApp } from '@plinth/testkit/services/app';

/** Paths of all bytes that lie in a server's folder of files, but for what the platform keeps there itself: its marker, its revocations. */
export function filesIn({ app }: Pick<TestApp, 'app'>): string[] {
  const folder = join(app.modules.options.config.dataDir, 'blobs');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(join(folder, 'plinth')))
    .map(({ name, parentPath }) => join(parentPath, name));
}
