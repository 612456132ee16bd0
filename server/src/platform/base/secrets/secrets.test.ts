import { AppError, systemRandom } from '#platform/kernel';
import { describe, expect, it } from 'vitest';
import { createSecrets, keyOf, newMasterKey } from './index.ts';

const first = newMasterKey(systemRandom, 'first');
const second = newMasterKey(systemRandom, 'second');
const PLACE = 'identity.totp.secret/7';
const secrets = createSecrets({ keys: [first] });

/** The code of the error that something fails with. */
function codeOf(doing: () => unknown): string {
  try {
    doing();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'it did not fail';
}

describe('a secret', () => {
  it.each(['', 'JBSWY3DPEHPK3PXP', '{"d":"ä€😀"}', 'x'.repeat(100_000)])(
    'opens as what it was sealed as (%#)',
    (plain) => {
      expect(secrets.open(secrets.seal(plain, PLACE), PLACE)).toBe(plain);
      expect(secrets.open(secrets.seal(Buffer.from(plain), PLACE), PLACE)).toBe(plain);
    },
  );

  it('does not show in its sealed text, nor whether another is the same', () => {
    const sealed = secrets.seal('the marker', PLACE);
    expect(sealed).toMatch(/^ps1\.first\.[A-Za-z0-9_-]+$/);
    expect(Buffer.from(sealed.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('marker');
    expect(secrets.seal('the marker', PLACE)).not.toBe(sealed);
  });

  it('opens at its own place alone', () => {
    const sealed = secrets.seal('mine', PLACE);
    expect(codeOf(() => secrets.open(sealed, 'identity.totp.secret/8'))).toBe('secret_unreadable');
  });

  it('with any one bit changed opens nowhere', () => {
    const sealed = secrets.seal('mine', PLACE);
    const data = Buffer.from(sealed.slice('ps1.first.'.length), 'base64url');
    for (let bit = 0; bit < data.length * 8; bit += 1) {
      const changed = Buffer.from(data);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      const text = `ps1.first.${changed.toString('base64url')}`;
      expect(codeOf(() => secrets.open(text, PLACE))).toBe('secret_unreadable');
    }
  });

  it.each(['', 'plain text', 'ps1.first.', 'ps1.first.AAAA', 'ps2.first.AAAA', '{"kty":"OKP"}'])(
    'that was never sealed is an error and no text: %j',
    (text) => {
      expect(codeOf(() => secrets.open(text, PLACE))).toBe('secret_unreadable');
    },
  );
});

describe('of several master keys', () => {
  const sealed = secrets.seal('old', PLACE);
  const rotated = createSecrets({ keys: [second, first] });

  it('the first seals, and the others still open', () => {
    expect(rotated.open(sealed, PLACE)).toBe('old');
    expect(keyOf(rotated.seal('new', PLACE))).toBe('second');
    expect(keyOf(sealed)).toBe('first');
  });

  it('one that is missing is named, and one with the name of another opens nothing', () => {
    const without = createSecrets({ keys: [second] });
    const named = createSecrets({ keys: [newMasterKey(systemRandom, 'first')] });
    expect(() => without.open(sealed, PLACE)).toThrow('sealed under the master key "first"');
    expect(codeOf(() => without.open(sealed, PLACE))).toBe('master_key_missing');
    expect(codeOf(() => named.open(sealed, PLACE))).toBe('secret_unreadable');
  });

  it('none can be told to be another by renaming it in the sealed text', () => {
    const same = createSecrets({ keys: [{ id: 'alias', bytes: first.bytes }] });
    expect(codeOf(() => same.open(sealed.replace('first', 'alias'), PLACE))).toBe('secret_unreadable');
  });
});
