import { createHash } from 'node:crypto';
import { constants, open, readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { isRecord, parseJson } from '../errors.ts';

const CHECKSUM = 16;
/** What another program is writing at this moment is whole a little later. Milliseconds. */
const SECOND_LOOK = 50;
// Windows has no O_NOFOLLOW.
const APPEND = constants.O_WRONLY | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);
const CREATE = APPEND | constants.O_CREAT;

/**
 * Adds records to a file of the user alone; they are on the disk when it resolves. They are one write at the end of the file, so
 * that programs that do so at once do not mix. False: the file is gone.
 */
export async function appendRecords(
  path: string,
  records: readonly object[],
  { create = false } = {},
): Promise<boolean> {
  const file = await open(path, create ? CREATE : APPEND, 0o600).catch(unlessMissing);
  if (file === undefined) return false;
  try {
    // The line end before them ends what a stopped program has left.
    const lines = Buffer.from(`\n${records.map(lineOf).join('\n')}\n`);
    const { bytesWritten } = await file.write(lines);
    if (bytesWritten < lines.length) throw new Error(`${path} was not written to its end: is the disk full?`);
    await file.datasync();
    return (await file.stat()).nlink > 0;
  } finally {
    await file.close();
  }
}

/** The records of a file, and how many lines are none: a program was stopped as it wrote them, or an editor has changed them. */
export async function readRecords(path: string) {
  const first = await readOnce(path);
  if (first.damaged === 0) return first;
  await wait(SECOND_LOOK);
  return readOnce(path);
}

async function readOnce(path: string) {
  const text = (await readFile(path, 'utf8').catch(unlessMissing)) ?? '';
  const lines = text.split('\n').filter((line) => line !== '');
  const records = lines.map(recordIn).filter((record) => record !== undefined);
  return { records, damaged: lines.length - records.length };
}

const checksumOf = (json: string) => createHash('sha256').update(json).digest('hex').slice(0, CHECKSUM);

function lineOf(record: object): string {
  const json = JSON.stringify(record);
  return `${checksumOf(json)} ${json}`;
}

function recordIn(line: string): Readonly<Record<string, unknown>> | undefined {
  const json = line.slice(CHECKSUM + 1);
  const record = line.startsWith(`${checksumOf(json)} `) ? parseJson(json) : undefined;
  return isRecord(record) ? record : undefined;
}

/** For calls of the file system: undefined where there is no file. */
export function unlessMissing(error: unknown): undefined {
  if (!isRecord(error) || error['code'] !== 'ENOENT') throw error;
}
