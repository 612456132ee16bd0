import { stat } from 'node:fs/promises';

/** Differs whenever the file does, also where another one was put in its place. */
export async function stateOfFile(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path).catch(() => ({ mtimeMs: 0, size: 0, ino: 'away' }));
  return `${mtimeMs} ${size} ${ino}`;
}
