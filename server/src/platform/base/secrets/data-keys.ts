import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { commitPoint, type Database, statement } from '#platform/db';
import { type AccountId, AppError, type Random, systemRandom, hasCode } from '#platform/kernel';
import { sealedColumn } from './sealed-columns.ts';
import type { Secrets } from './secrets.ts';

const MADE = commitPoint(
  'secrets.data-key',
  'the data key of an account, before anything is sealed under it',
);
const SEALED = sealedColumn({ table: 'secrets.data_keys', column: 'sealed', key: ['account_id'] });

const FORMAT = 1;
const KEY = 32;
/** Random, and safe for 2^32 texts under one key (NIST SP 800-38D, 8.3): an account has its own. */
const NONCE = 12;
const TAG = 16;

/** The key of one account, under which its texts are sealed: who erases it has erased them. Synchronous; no I/O. */
export interface DataKey {
  /** Seals a text with AES-256-GCM. `about` is authenticated with it: a text that is copied to another row opens nowhere. 29 bytes longer. */
  seal(text: string, about: string): Buffer;
  /** Opens what `seal` made. Throws `secret_unreadable` for another `about`, another account's text or a changed byte. */
  open(sealed: Uint8Array, about: string): string;
  /** The same of bytes. */
  sealBytes(bytes: Uint8Array, about: string): Buffer;
  openBytes(sealed: Uint8Array, about: string): Buffer;
  /** 32 bytes for one purpose (HKDF-SHA256), the same each time. */
  derive(purpose: string): KeyObject;
}

export interface DataKeys {
  /** The key of an account, made at its first use. Asked outside of transactions. Throws `not_found` where there is no such account. */
  of(accountId: AccountId): Promise<DataKey>;
}

interface DataKeysParts {
  readonly db: Database;
  readonly secrets: Secrets;
  readonly random?: Random;
  /** Milliseconds that a key stays in memory; 8,000 when not said. That of an erased account is gone from the process then. */
  readonly keptFor?: number;
}

export function createDataKeys(parts: DataKeysParts): DataKeys {
  const { keptFor = 8_000 } = parts;
  const kept = new Map<AccountId, Promise<DataKey>>();
  return {
    of(accountId) {
      const known = kept.get(accountId);
      if (known !== undefined) return known;
      const key = readKey(parts, accountId);
      const forget = () => void (kept.get(accountId) === key && kept.delete(accountId));
      kept.set(accountId, key);
      key.catch(forget);
      setTimeout(forget, keptFor).unref();
      return key;
    },
  };
}

async function readKey(
  { db, secrets, random = systemRandom }: DataKeysParts,
  accountId: AccountId,
): Promise<DataKey> {
  const select = statement<{ sealed: string }>('select sealed from secrets.data_keys where account_id = $1', [
    accountId,
  ]);
  const context = SEALED.context(accountId);
  let [[row]] = await db.tenant(accountId, [select]);
  if (row === undefined) {
    const sealed = secrets.seal(Buffer.from(random.bytes(KEY)).toString('base64url'), context);
    const insert = statement(
      'insert into secrets.data_keys (account_id, sealed) values ($1, $2) on conflict do nothing',
      [accountId, sealed],
    );
    // When two make it at once, the second waits for the first, and reads what that one made.
    [, [row]] = await db.tenant(accountId, MADE, [insert, select]).catch(refuseGone);
  }
  if (row === undefined) throw new Error('a data key was not stored');
  return dataKey(Buffer.from(secrets.open(row.sealed, context), 'base64url'), random);
}

/** A foreign key that finds nothing: the account was erased. */
function refuseGone(error: unknown): never {
  const isGone = hasCode(error, '23503');
  throw isGone ? new AppError('not_found', { cause: error }) : error;
}

function dataKey(key: Uint8Array, random: Random): DataKey {
  // Key objects: Node tries each key of bytes for one first, which takes three times as long as the HMAC of a word.
  const derive = (info: string) => createSecretKey(new Uint8Array(hkdfSync('sha256', key, '', info, KEY)));
  const sealing = derive('plinth data key: texts');
  function sealBytes(bytes: Uint8Array, about: string): Buffer {
    const nonce = random.bytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(Buffer.from(about));
    return Buffer.concat([
      Buffer.of(FORMAT),
      nonce,
      cipher.update(bytes),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
  }
  function openBytes(sealed: Uint8Array, about: string): Buffer {
    try {
      if (sealed[0] !== FORMAT) throw new Error('no sealed text of this format');
      const nonce = sealed.subarray(1, 1 + NONCE);
      const decipher = createDecipheriv('aes-256-gcm', sealing, nonce, { authTagLength: TAG });
      decipher.setAAD(Buffer.from(about)).setAuthTag(sealed.subarray(-TAG));
      const bytes = decipher.update(sealed.subarray(1 + NONCE, -TAG));
      return Buffer.concat([bytes, decipher.final()]);
    } catch (cause) {
      throw new AppError('secret_unreadable', { cause });
    }
  }
  return {
    derive: (purpose) => derive(`plinth data key: for ${purpose}`),
    seal: (text, about) => sealBytes(Buffer.from(text), about),
    open: (sealed, about) => openBytes(sealed, about).toString('utf8'),
    sealBytes,
    openBytes,
  };
}
