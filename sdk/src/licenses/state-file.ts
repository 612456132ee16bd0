import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { join } from 'node:path';
import { isRecord } from '../errors.ts';
import { canonicalJson } from '../canonical.ts';
import type { Reading } from './clock.ts';
import { type PublicKey, publicKeysIn } from './tokens.ts';

/** What a run leaves for the next one. */
export interface KeptState {
  /** The server's public keys, fetched once. */
  readonly keys: readonly PublicKey[];
  /** The last time at the server that was seen, milliseconds, and what this machine's clocks said then. */
  readonly seen?: { readonly serverTime: number; readonly at: Reading } | undefined;
  /** The lease of a session that was not given back. */
  readonly token?: string | undefined;
  /** The same of an earlier run, where that one handed out work without the server: the seat is this machine's until it ends. */
  readonly former?: string | undefined;
  /** Milliseconds between two heartbeats, and the seats, as the server said last: other programs of the machine read them. */
  readonly interval?: number | undefined;
  readonly seats?: { readonly used: number; readonly max: number } | undefined;
}

/** Why what is there can't be used: it allows no work offline. */
export type Unusable = 'state_missing' | 'state_edited' | 'state_of_another_machine' | 'state_outdated';

export interface StateStore {
  /** What names this licence on this machine, for files beside the state. */
  readonly name: string;
  read(): KeptState | Unusable;
  /** Answers whether it could be written. Synchronous, so that it is done at the end of a process too. */
  write(state: KeptState): boolean;
}

export interface StatePlace {
  /** Where the state lies, and a second place for the mark that tells an older state from the last one. */
  readonly folder: string;
  readonly markFolder: string;
  readonly hardwareId: string;
  /** What tells this licence from others on the machine: the server's address, and the key or the account. */
  readonly licence: string;
}

/** Where programs of this system keep what is theirs. */
export function defaultFolders(env: Readonly<Record<string, string | undefined>> = process.env) {
  const home = homedir();
  if (platform() === 'win32') {
    const local = env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local');
    const roaming = env['APPDATA'] ?? join(home, 'AppData', 'Roaming');
    return { folder: join(local, 'Plinth', 'licenses'), markFolder: join(roaming, 'Plinth', 'licenses') };
  }
  if (platform() === 'darwin') {
    const library = join(home, 'Library');
    return {
      folder: join(library, 'Application Support', 'Plinth', 'licenses'),
      markFolder: join(library, 'Preferences', 'Plinth', 'licenses'),
    };
  }
  const folder = env['XDG_STATE_HOME'] ?? join(home, '.local', 'state');
  const markFolder = env['XDG_CONFIG_HOME'] ?? join(home, '.config');
  return { folder: join(folder, 'plinth', 'licenses'), markFolder: join(markFolder, 'plinth', 'licenses') };
}

/**
 * Two files with a MAC under a key that is derived from the machine and the licence: the state, and a mark in another folder
 * with the number of the last state that was written. An edited state, one from another machine and one that is older than
 * the mark are not used. It stops copies and editors, but not a changed program.
 */
export function stateStore({ folder, markFolder, hardwareId, licence }: StatePlace): StateStore {
  const name = createHash('sha256').update(licence).digest('hex').slice(0, 16);
  const key = Buffer.from(hkdfSync('sha256', hardwareId, licence, 'plinth.license-state.1', 32));
  const machine = createHash('sha256').update(`plinth.license-state.1\n${hardwareId}`).digest('hex');
  const stateFile = { folder, path: join(folder, `${name}.json`), key };
  const markFile = { folder: markFolder, path: join(markFolder, `${name}.mark.json`), key };
  let count = 0;

  return {
    name: `${name}-${machine.slice(0, 8)}`,
    read() {
      const [found, mark] = [readSealed(stateFile), readSealed(markFile)];
      const known = [found, mark].map((one) => (isRecord(one) ? Number(one['count'] ?? 0) : 0));
      count = Math.max(count, ...known);
      if (found === undefined) return 'state_missing';
      if (isOfAnother(stateFile.path, machine)) return 'state_of_another_machine';
      if (found === 'edited' || mark === 'edited') return 'state_edited';
      if (mark === undefined || Number(mark['count']) > Number(found['count'])) return 'state_outdated';
      return stateIn(found);
    },
    write(state) {
      // Other programs of this machine write here too.
      const mark = readSealed(markFile);
      count = Math.max(count, isRecord(mark) ? Number(mark['count'] ?? 0) : 0) + 1;
      try {
        writeSealed(stateFile, { ...state, count, machine });
        writeSealed(markFile, { count });
        return true;
      } catch {
        // A disk that is full or a home without rights: there is no working offline in the next run, and that is all.
        return false;
      }
    },
  };
}

interface SealedFile {
  readonly folder: string;
  readonly path: string;
  readonly key: Buffer;
}

function macOf(content: unknown, key: Buffer): Buffer {
  return createHmac('sha256', key).update(canonicalJson(content)).digest();
}

function writeSealed({ folder, path, key }: SealedFile, given: object): void {
  const content: unknown = JSON.parse(JSON.stringify(given));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const mac = macOf(content, key).toString('hex');
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, JSON.stringify({ content, mac }), { mode: 0o600 });
  renameSync(fresh, path);
}

function readSealed({ path, key }: SealedFile): Readonly<Record<string, unknown>> | 'edited' | undefined {
  const file = jsonAt(path);
  if (file === undefined) return undefined;
  const { content, mac } = isRecord(file) ? file : {};
  if (!isRecord(content) || typeof mac !== 'string') return 'edited';
  const given = Buffer.from(mac, 'hex');
  const right = macOf(content, key);
  return given.length === right.length && timingSafeEqual(given, right) ? content : 'edited';
}

/** Whether a state names another machine; its MAC is not checked. */
function isOfAnother(path: string, machine: string): boolean {
  const file = jsonAt(path);
  const content = isRecord(file) ? file['content'] : undefined;
  const said = isRecord(content) ? content['machine'] : undefined;
  return typeof said === 'string' && said !== machine;
}

/** A file's JSON; null where it is none, undefined where there is no file. */
function jsonAt(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function stateIn(state: Readonly<Record<string, unknown>>): KeptState {
  const { keys, seen, token, former, interval, seats } = state;
  const { used, max } = isRecord(seats) ? seats : {};
  return {
    interval: typeof interval === 'number' ? interval : undefined,
    seats: typeof used === 'number' && typeof max === 'number' ? { used, max } : undefined,
    keys: publicKeysIn({ keys }),
    seen: seenIn(seen),
    token: typeof token === 'string' ? token : undefined,
    former: typeof former === 'string' ? former : undefined,
  };
}

function seenIn(seen: unknown): KeptState['seen'] {
  if (!isRecord(seen) || !isRecord(seen['at'])) return undefined;
  const { wall, uptime } = seen['at'];
  const { serverTime } = seen;
  if (typeof serverTime !== 'number' || typeof wall !== 'number' || typeof uptime !== 'number')
    return undefined;
  return { serverTime, at: { wall, uptime } };
}
