import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Closes what a test file opened through the services. Vitest runs this file before each test file. */
const open: (() => Promise<void>)[] = [];

/** Has something closed when the test file is through, wherever in it that was opened. */
export function atEndOfFile(close: () => Promise<void>): void {
  open.push(close);
}

/** A folder of this test file's own, with a space in its path as people have them; it goes when the file is through. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'plinth test '));
  atEndOfFile(async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

afterAll(async () => {
  const closing = open.splice(0).map((close) => close());
  const failed = (await Promise.allSettled(closing)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
});
