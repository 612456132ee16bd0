import { join, resolve } from 'node:path';
import type { Values } from './settings.ts';

/** A key that seals secrets at rest: 256 random bits under a name. */
export interface MasterKey {
  /** Written into all that it seals. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** The master keys themselves, or the file that has them and is made at the first start (docs/keys.md). */
export type MasterKeysSettings = { readonly keys: readonly MasterKey[] } | { readonly file: string };

const BYTES = 32;
const ENTRY = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_-]{43}=?)$/;

/** Reads `id:base64` entries, separated by commas or lines; a sentence's end when they are malformed. It quotes none. */
export function parseMasterKeys(text: string): MasterKey[] | string {
  const entries = text.split(/[,\n]/).flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()]));
  const keys = entries.flatMap((entry) => {
    const [, id = '', encoded = ''] = ENTRY.exec(entry) ?? [];
    // base64url is read too: it is what URL-safe tools make.
    const bytes = new Uint8Array(Buffer.from(encoded, 'base64'));
    return id !== '' && bytes.length === BYTES ? [{ id, bytes }] : [];
  });
  if (keys.length === 0 || keys.length < entries.length)
    return `must be a list of id:key, the key ${BYTES} random bytes in base64 ("plinth keys new" makes one)`;
  if (new Set(keys.map(({ id }) => id)).size < keys.length) return 'names a key twice';
  return keys;
}

/** One key as `MASTER_KEYS` and the file have it. */
export function masterKeyText({ id, bytes }: MasterKey): string {
  return `${id}:${Buffer.from(bytes).toString('base64')}`;
}

/** Reads what seals secrets at rest. In production the file must be asked for by name. */
export function readMasterKeys(values: Values, problems: string[]): MasterKeysSettings {
  const { MASTER_KEYS, ENCRYPTION_KEYS, EMBEDDED_MASTER_KEY: embedded } = values;
  const given = MASTER_KEYS ?? ENCRYPTION_KEYS;
  if (ENCRYPTION_KEYS !== undefined && ENCRYPTION_KEYS !== given)
    problems.push('ENCRYPTION_KEYS is another name of MASTER_KEYS, and they differ: set one of them.');
  const file = join(resolve(values.DATA_DIR), 'master-keys');
  if (given === undefined) {
    if (values.NODE_ENV === 'production' && embedded !== true)
      problems.push(
        'MASTER_KEYS is missing: set it ("plinth keys new" makes one), or EMBEDDED_MASTER_KEY=true to keep the key in DATA_DIR in production.',
      );
    return { file };
  }
  const name = MASTER_KEYS === undefined ? 'ENCRYPTION_KEYS' : 'MASTER_KEYS';
  if (embedded === true) problems.push(`EMBEDDED_MASTER_KEY=true contradicts ${name}: set one of them.`);
  const keys = parseMasterKeys(given);
  if (typeof keys !== 'string') return { keys };
  problems.push(`${name} ${keys}.`);
  return { file };
}
