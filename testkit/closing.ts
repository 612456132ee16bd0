import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Close = () => unknown;

/** What the test file that runs has open. Files that share a process share this module, and run one after the other. */
const open: Close[] = [];

/**
 * Closes something at the end of the test file, no matter where it was opened: in the opposite order of opening, one
 * after the other, so that an app ends before its database does.
 */
export function atEndOfFile(close: Close): void {
  open.push(close);
}

/** A folder of this test file's own, with a space in its path as people have them; it goes when the file is through. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'plinth test '));
  atEndOfFile(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Closes all that is open; throws what the first that could not be closed threw. `after-file.ts` calls it. */
export async function closeAll(): Promise<void> {
  const failures: unknown[] = [];
  for (let close = open.pop(); close !== undefined; close = open.pop()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
