import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join, sep } from 'node:path';
import { AppError, declareErrors } from '#platform/kernel';

declareErrors({
  data_folder_foreign: { status: 500, message: 'Other users of the machine can access the data folder.' },
});

/** Bits of what others may do with a file, and of what only its owner may. */
const OTHERS = 0o077;
const STICKY = 0o1000;
/** Where files of accounts are kept. */
const FILES = 'blobs';
/** Files that a start leaves in its folder, one of them at least. */
const OURS = [
  FILES,
  'database',
  'lock',
  'mail-preview',
  'master-keys',
  'owner.json',
  'outbox',
  'stripe-sandbox.json',
];
/** Names that stand in a new volume or checkout. */
const NOBODYS = /^(lost\+found|\..*)$/;

/**
 * Makes a data folder its owner's alone: 0700 for folders and 0600 for files that were wider, at any depth. It holds hashes,
 * keys and a write-ahead log that the database believes. Answers how many were wider; 0 for a folder that there is not yet.
 * Refuses one that belongs to another user, or holds files of another, and one that is not for this program alone.
 */
export function ensurePrivate(folder: string): number {
  // Windows has no such modes.
  if (process.geteuid === undefined || !existsSync(folder)) return 0;
  const user = process.geteuid();
  const root = realpathSync(folder);
  const stats = statSync(root);
  // A path that cannot be a data folder is reported when the folder is made.
  if (!stats.isDirectory()) return 0;
  // That of an image whose root is read-only: nothing is in it, and nothing ever will be.
  if (readdirSync(root).length === 0 && isReadOnly(root)) return 0;
  if (stats.uid !== user)
    throw foreign(
      `The data folder ${folder} belongs to another user (${stats.uid}, this is ${user}). Start Plinth as that user, or set DATA_DIR to a folder of this one: one inside of it will do.`,
    );
  if (isWide(stats)) assertOwn(folder, root, stats);
  return narrow(root, stats) + narrowBelow(root, user);
}

/** A wider folder is narrowed for all that is in it: one that others use too, or of other programs, must not be. */
function assertOwn(folder: string, root: string, { mode }: Stats): void {
  const names = readdirSync(root).filter((name) => !NOBODYS.test(name));
  const isShared = (mode & STICKY) !== 0 || isIn(homeOf(), root);
  if (!isShared && (names.length === 0 || names.some((name) => OURS.includes(name)))) return;
  throw foreign(
    `The data folder ${folder} can be read by other users, and holds more than Plinth's data. Set DATA_DIR to a folder of its own.`,
  );
}

/** A user whom the machine does not know, as a container may have, has no home without HOME, and Node throws. */
function homeOf(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/** Whether a folder is another one, or below it. */
function isIn(folder: string | undefined, other: string): boolean {
  if (folder === undefined) return false;
  const path = existsSync(folder) ? realpathSync(folder) : folder;
  return path === other || path.startsWith(other.endsWith(sep) ? other : other + sep);
}

/** From the top down, so that no other user comes by what is still wide. 2 ms for the 1,000 files of a new database. */
function narrowBelow(folder: string, user: number): number {
  let count = 0;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    // Another process may delete it meanwhile: a mail that was sent, a segment of the log.
    const stats = lstatSync(path, { throwIfNoEntry: false });
    // chmod follows a link; what it leads to lies elsewhere.
    if (stats === undefined || stats.isSymbolicLink() || name === 'lost+found') continue;
    if (stats.uid !== user)
      throw foreign(
        `${path} belongs to another user (${stats.uid}, this is ${user}). Give it to this user (chown), or set DATA_DIR to another folder.`,
      );
    const narrowed = narrow(path, stats);
    count += narrowed;
    // Files of accounts may be a million: their folder, once it is closed to others, keeps them all.
    if (stats.isDirectory() && (narrowed > 0 || name !== FILES)) count += narrowBelow(path, user);
  }
  return count;
}

function narrow(path: string, stats: Stats): number {
  if (!isWide(stats)) return 0;
  try {
    chmodSync(path, stats.mode & 0o7777 & ~OTHERS);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
  return 1;
}

function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS';
  }
}

function isWide({ mode }: Stats): boolean {
  return (mode & OTHERS) !== 0;
}

function foreign(message: string): AppError {
  return new AppError('data_folder_foreign', { message });
}
