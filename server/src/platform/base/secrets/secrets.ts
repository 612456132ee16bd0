import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import type { MasterKey } from '#platform/config';
import { AppError, type Random, systemRandom } from '#platform/kernel';

/** Seals what the database keeps for us and must not be readable in a copy of it. Synchronous; no I/O. */
export interface Secrets {
  /** The key that seals. */
  readonly current: string;
  /** All keys that open, the sealing one first. */
  readonly keyIds: readonly string[];
  /**
   * Seals a secret for one place. The context names that place (`Sealed.context`): a sealed text that is copied to
   * another row opens nowhere. Sealing the same twice gives different texts.
   */
  seal(plain: string | Uint8Array, context: string): string;
  /**
   * Opens what `seal` made, as UTF-8 text. Throws `master_key_missing` when its key is not here, and
   * `secret_unreadable` for another context, a changed byte, or what was never sealed.
   */
  open(sealed: string, context: string): string;
  /**
   * 256 bits in base64url that can't be made without a master key and the text, and the same each time: for a secret that
   * has to be made again, and is kept nowhere. One for each key, that of the sealing one first.
   */
  derived(text: string, context: string): string[];
}

const FORMAT = 'ps1';
const SEALED = /^ps1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]+)$/;
const SALT = 24;
const TAG = 16;

/** Secrets under the given master keys: the first seals, all open. */
export function createSecrets(parts: {
  readonly keys: readonly MasterKey[];
  readonly random?: Random;
}): Secrets {
  const { keys, random = systemRandom } = parts;
  const [current] = keys;
  if (current === undefined) throw new Error('there is no master key');
  const byId = new Map(keys.map(({ id, bytes }) => [id, bytes]));

  return {
    current: current.id,
    keyIds: keys.map(({ id }) => id),
    seal(plain, context) {
      const salt = random.bytes(SALT);
      const { key, nonce } = keyOfText(current.bytes, salt);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(boundTo(current.id, context));
      const text = typeof plain === 'string' ? Buffer.from(plain, 'utf8') : plain;
      const sealed = Buffer.concat([salt, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
      return `${FORMAT}.${current.id}.${sealed.toString('base64url')}`;
    },
    open(sealed, context) {
      const [, id = '', data = ''] = SEALED.exec(sealed) ?? [];
      if (id === '') throw new AppError('secret_unreadable');
      const bytes = byId.get(id);
      if (bytes === undefined) {
        throw new AppError('master_key_missing', {
          message: `A secret at rest is sealed under the master key "${id}", which is not set here.`,
        });
      }
      try {
        return unseal(bytes, Buffer.from(data, 'base64url'), boundTo(id, context));
      } catch (cause) {
        throw new AppError('secret_unreadable', {
          message: `A secret at rest can not be opened with the master key "${id}": the key is another, or the row was changed.`,
          cause,
        });
      }
    },
    derived: (text, context) =>
      keys.map(({ bytes }) => {
        const key = new Uint8Array(hkdfSync('sha256', bytes, '', `plinth derived secret: ${context}`, 32));
        return createHmac('sha256', key).update(text).digest('base64url');
      }),
  };
}

/** The id of the key that a text is sealed under; undefined for one that is not sealed. */
export function keyOf(text: string): string | undefined {
  return SEALED.exec(text)?.[1];
}

/** How the sealed texts of a key begin, for SQL that looks for them. */
export function sealedPrefix(keyId: string): string {
  return `${FORMAT}.${keyId}.`;
}

/**
 * A key and a nonce of its own for each text, from 192 random bits: GCM breaks when a nonce comes twice under one key,
 * which random nonces of 96 bits risk after 2^32 texts (NIST SP 800-38D, 8.3).
 */
function keyOfText(master: Uint8Array, salt: Uint8Array): { key: Uint8Array; nonce: Uint8Array } {
  const bytes = new Uint8Array(hkdfSync('sha256', master, salt, 'plinth secret at rest', 44));
  return { key: bytes.subarray(0, 32), nonce: bytes.subarray(32) };
}

function boundTo(keyId: string, context: string): Uint8Array {
  return Buffer.from(`${FORMAT}.${keyId}.${context}`, 'utf8');
}

function unseal(master: Uint8Array, sealed: Buffer, bound: Uint8Array): string {
  const { key, nonce } = keyOfText(master, sealed.subarray(0, SALT));
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG }).setAAD(bound);
  decipher.setAuthTag(sealed.subarray(-TAG));
  return Buffer.concat([decipher.update(sealed.subarray(SALT, -TAG)), decipher.final()]).toString('utf8');
}
