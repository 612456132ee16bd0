import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder, type MasterKey, masterKeyText, parseMasterKeys, syncFolder } from '#platform/config';
import { AppError, type Random, sha256 } from '#platform/kernel';

/** A master key of 256 random bits, named after itself unless it is given a name. */
export function newMasterKey(random: Random, id?: string): MasterKey {
  const bytes = random.bytes(32);
  return { id: id ?? sha256(bytes).slice(0, 8), bytes };
}

/** The master keys of a file, which is made when there is none. Of two processes that make it at once, both read the one that was first. */
export function keysOfFile(path: string, random: Random): readonly MasterKey[] {
  return readKeyFile(path) ?? createKeyFile(path, random);
}

/** The master keys of a file; undefined when there is none. */
export function readKeyFile(path: string): readonly MasterKey[] | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusableFile(path, error);
  }
  const keys = parseMasterKeys(text);
  if (typeof keys === 'string')
    throw new AppError('master_keys_unusable', {
      message: `The file of the master keys, ${path}, ${keys}. Put back what it was: without it the secrets of the database are lost.`,
    });
  return keys;
}

/** Written aside, on disk before it has its name: a process killed at any instant leaves a whole key or none. */
function createKeyFile(path: string, random: Random): readonly MasterKey[] {
  const key = newMasterKey(random);
  makeFolder(dirname(path));
  const aside = `${path}.${process.pid}.${key.id}`;
  try {
    writeSynced(aside, `${masterKeyText(key)}\n`);
    try {
      // Unlike a rename, a link never replaces what another process has made meanwhile.
      linkSync(aside, path);
      syncFolder(dirname(path));
    } finally {
      rmSync(aside, { force: true });
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusableFile(path, error);
  }
  return readKeyFile(path) ?? [key];
}

function writeSynced(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function unusableFile(path: string, error: unknown): AppError {
  const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
  return new AppError('master_keys_unusable', {
    message: `The file of the master keys, ${path}, can not be read or made (${code}).`,
    cause: error,
  });
}
