import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError, declareErrors } from '#platform/kernel';

declareErrors({
  data_folder_unusable: { status: 500, message: 'The data folder can not be made or written.' },
});

/**
 * Makes a folder of this process, for its owner alone, and those above it that are missing. One by one: below /proc, Node's own `recursive` tries
 * for ever.
 */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  for (let above = folder; !existsSync(above); above = dirname(above)) missing.unshift(above);
  try {
    for (const one of missing) make(one);
    if (!statSync(folder).isDirectory()) throw Object.assign(new Error('no folder'), { code: 'ENOTDIR' });
  } catch (error) {
    throw unusableFolder(folder, error);
  }
}

/** A name in a folder is durable once the folder is. Windows can't open folders, and does so by itself. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Another process may have made it meanwhile. */
function make(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** Why a folder of this process can't be used, in a sentence. */
export function unusableFolder(folder: string, cause: unknown): AppError {
  const code = codeOf(cause);
  const full = code === 'ENOSPC' || code === 'EDQUOT' ? ': the disk is full' : '';
  return new AppError('data_folder_unusable', {
    message: `The data folder ${folder} can not be made or written (${code})${full}. Set DATA_DIR to a folder that can.`,
    cause,
  });
}

/** The system's word for a failure; its message quotes the path, which may be a secret that was put there by mistake. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
