import { hasCode } from '#platform/kernel';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Says at which address the server of a data folder is reached, so that `seed` and the shop find it on any port. */
const FILE = 'server.json';

/** Writes the address of this process; answers how to take it back. Without the file callers go by the settings, so a failure is none. */
export function writeServerFile(dataDir: string, url: string): () => void {
  const path = join(dataDir, FILE);
  try {
    writeFileSync(path, `${JSON.stringify({ url, pid: process.pid })}\n`, { mode: 0o600 });
  } catch {
    return () => {};
  }
  return () => {
    if (readServer(path)?.pid === process.pid) rmSync(path, { force: true });
  };
}

/** The address of the server that runs on a data folder; undefined where none does. */
export function runningServer(dataDir: string): string | undefined {
  const said = readServer(join(dataDir, FILE));
  return said !== undefined && isAlive(said.pid) ? said.url : undefined;
}

function readServer(path: string): { readonly url: string; readonly pid: number } | undefined {
  try {
    const said: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof said !== 'object' || said === null || !('url' in said) || !('pid' in said)) return undefined;
    return typeof said.url === 'string' && typeof said.pid === 'number'
      ? { url: said.url, pid: said.pid }
      : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}
