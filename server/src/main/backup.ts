import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, linkSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { newBackupCode, readBackup } from '#platform/backup';
import { type Config, syncFolder } from '#platform/config';
import { AppError, systemClock, systemRandom } from '#platform/kernel';
import { shortest } from './banner.ts';
import { codeOf, OperatorError } from './operator-error.ts';
import { runningServer } from './server-file.ts';
import { type Invocation, printUsage, type Verb } from './verb.ts';
import { withApp } from './with-app.ts';

const USAGE = `Usage: plinth backup <file>

Writes a backup of the embedded database in DATA_DIR into a new file: by the server that runs there, or by itself where none does. Keep
master-keys and owner.json of DATA_DIR elsewhere: they are not in it. See docs/backup.md.
`;

/** Milliseconds that a server which has the data folder may take to start, and between two looks. */
const PATIENCE = 120_000;
const LOOK = 500;

/** `backup`: one file with all that a restore needs beside the master keys. */
export const backup: Verb = async (invocation) => {
  const [path, more] = invocation.words;
  if (path === undefined || path.startsWith('-') || more !== undefined)
    return printUsage(path?.startsWith('-') === true ? path : more, USAGE);
  const { config } = invocation;
  if (config.database.engine !== 'pglite') throw new AppError('backup_not_embedded');
  const file = resolve(path);
  if (existsSync(file)) throw new OperatorError(`${path} is there already. Name a new file.`);
  const { at, files } = await takeInto(file, invocation);
  process.stdout.write(
    `${path}: ${statSync(file).size} bytes, ${files} files, as of ${at}\nsha256  ${await digestOf(file)}\n`,
  );
  return 0;
};

/** Taken by the server of the data folder: by one that starts, once it is ready; by this process where there is none. */
async function takeInto(file: string, invocation: Invocation) {
  const { config } = invocation;
  let isTold = false;
  for (const began = performance.now(); ; await setTimeout(LOOK)) {
    const url = runningServer(config.dataDir);
    if (url !== undefined) return save(await askServer(url, config), file);
    try {
      return await takeAlone(file, invocation);
    } catch (error) {
      const isWaiting = codeOf(error) === 'data_folder_in_use' && performance.now() - began < PATIENCE;
      if (!isWaiting) throw error;
      if (!isTold)
        process.stderr.write('Another Plinth has this data folder and is not ready. Waiting for it.\n');
      isTold = true;
    }
  }
}

function takeAlone(file: string, invocation: Invocation) {
  return withApp(invocation, 'backup', async ({ modules }) => {
    const taken = await modules.services.backup.backups.take();
    try {
      return await save(taken.bytes, file);
    } finally {
      await taken.close();
    }
  });
}

/** The file as the server sends it; the code proves that this user may read the data folder. */
async function askServer(url: string, { dataDir }: Config): Promise<Readable> {
  const code = newBackupCode({ clock: systemClock, random: systemRandom, dataDir });
  const response = await fetch(`${url}/v1/server/backup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  }).catch((cause: unknown) => {
    throw new OperatorError(`The server of ${shortest(dataDir)} does not answer (${codeOf(cause)}).`, {
      cause,
    });
  });
  if (response.ok && response.body !== null) return Readable.from(response.body);
  const { error } = (await response.json().catch(() => ({}))) as {
    readonly error?: { readonly code: string; readonly message: string };
  };
  throw new OperatorError(
    `The server takes no backup: ${error?.message ?? `it answered ${response.status}.`} (${error?.code ?? 'no code'})`,
  );
}

/** Under another name until all of it is on the disk, and was read again. */
async function save(bytes: Readable, file: string) {
  const unfinished = `${file}.unfinished`;
  try {
    rmSync(unfinished, { force: true });
    await pipeline(bytes, createWriteStream(unfinished, { flags: 'wx', mode: 0o600, flush: true }));
    const manifest = await readBackup(unfinished);
    // Unlike a rename it never replaces a file that was put there meanwhile.
    linkSync(unfinished, file);
    syncFolder(dirname(file));
    return manifest;
  } catch (cause) {
    // fetch throws this when the other side breaks off.
    if (!(cause instanceof TypeError)) throw cause;
    throw new OperatorError('The server broke off before the backup was whole. Take another one.', { cause });
  } finally {
    rmSync(unfinished, { force: true });
  }
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
