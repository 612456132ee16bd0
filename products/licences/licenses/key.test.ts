import { systemRandom } from '#platform/kernel';
import { describe, expect, test } from 'vitest';
import '../errors.ts';
import { KEY_SHAPE, newKey, normalKey, tailOf } from './key.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SHAPE = /^CODITECT(-[0-9A-HJKMNP-TV-Z]{4}){5}$/;
const keys = Array.from({ length: 50 }, () => newKey(systemRandom));

/** Where the twenty characters of a key stand in it. */
const PLACES = Array.from({ length: 20 }, (_, place) => 'CODITECT-'.length + place + Math.floor(place / 4));

function isKey(text: string): boolean {
  try {
    normalKey(text);
    return true;
  } catch {
    return false;
  }
}

function replaceAt(key: string, at: number, by: string): string {
  return key.slice(0, at) + by + key.slice(at + 1);
}

function swapAt(key: string, one: number, other: number): string {
  return replaceAt(replaceAt(key, one, key.charAt(other)), other, key.charAt(one));
}

test('a key has twenty characters of Crockford’s base 32, and no two are alike', () => {
  for (const key of keys) {
    expect(key).toMatch(SHAPE);
    expect(normalKey(key)).toBe(key);
  }
  expect(new Set(keys).size).toBe(keys.length);
});

test('95 bits of a key are random: every character of the alphabet comes at every place', () => {
  const zero = { bytes: (length: number) => new Uint8Array(length), uniform: () => 0 };
  expect(newKey(zero)).toBe('CODITECT-0000-0000-0000-0000-0000');
  const seen = PLACES.map(() => new Set<string>());
  for (let value = 0; value < 32; value += 1) {
    const key = newKey({ ...zero, bytes: (length) => new Uint8Array(length).fill(value + 224) });
    for (const [place, at] of PLACES.entries()) seen[place]?.add(key.charAt(at));
  }
  expect(seen.map(({ size }) => size)).toEqual(PLACES.map(() => 32));
});

describe('a typing error is told without a look-up:', () => {
  test('every character that is another one', () => {
    const missed = keys
      .slice(0, 5)
      .flatMap((key) =>
        PLACES.flatMap((at) =>
          ALPHABET.split('').filter((by) => by !== key.charAt(at) && isKey(replaceAt(key, at, by))),
        ),
      );
    expect(missed).toEqual([]);
  });

  test('every two different characters that changed places, next to each other or not', () => {
    const missed = keys.flatMap((key) =>
      PLACES.flatMap((one, index) =>
        PLACES.slice(index + 1).filter(
          (other) => key.charAt(one) !== key.charAt(other) && isKey(swapAt(key, one, other)),
        ),
      ),
    );
    expect(missed).toEqual([]);
  });

  test.each([
    '',
    'CODITECT',
    'CODITECT-0000-0000-0000-0000-000',
    'CODITECT-0000-0000-0000-0000-00000',
    'x'.repeat(90),
  ])('a text of another shape: %j', (text) => {
    expect(() => normalKey(text)).toThrow(expect.objectContaining({ code: 'license_key_malformed' }));
  });
});

describe('a key is read as it was meant', () => {
  test('in any case, without hyphens, with blanks and with the hyphens that programs make of them', () => {
    for (const key of keys) {
      const bare = key.replaceAll('-', '');
      const odd = [
        key.toLowerCase(),
        bare,
        bare.toLowerCase(),
        ` ${key.replaceAll('-', ' ')}\n`,
        key.replaceAll('-', '\u2011'),
        key.replaceAll('-', '\u2013'),
      ];
      expect(odd.map(normalKey)).toEqual(odd.map(() => key));
    }
  });

  test('with letters that the alphabet leaves out for those that they look like', () => {
    for (const key of keys) {
      const body = key.slice('CODITECT'.length);
      const alike = [
        body.replaceAll('1', 'I'),
        body.replaceAll('1', 'l'),
        body.replaceAll('0', 'O'),
        body.replaceAll('0', 'o'),
        body.replaceAll('V', 'U'),
      ];
      expect(alike.map((text) => normalKey(`CODITECT${text}`))).toEqual(alike.map(() => key));
      expect(normalKey(`C0D1TECT${body}`)).toBe(key);
    }
  });
});

test('a key is hidden in logs however it was typed, also within an address', () => {
  for (const key of keys)
    for (const between of [
      '-',
      '',
      ' ',
      '_',
      '\n',
      ' - ',
      '\u00a0',
      '\u2009',
      '\u2011',
      '\u2013',
      '  \u2014',
    ]) {
      const typed = key.replaceAll('-', between);
      expect(normalKey(typed)).toBe(key);
      // A client may write more signs of an address in hexadecimal than it must.
      const everySign = Buffer.from(between)
        .toString('hex')
        .replaceAll(/../g, (byte) => `%${byte}`);
      const written = [
        typed,
        typed.toLowerCase(),
        encodeURIComponent(typed),
        key.replaceAll('-', everySign),
        key.replaceAll('-', everySign.toUpperCase()),
      ];
      const said = written.map((text) => `of /v1/licenses/${text}/status`.replace(KEY_SHAPE, ''));
      expect(said).toEqual(written.map(() => 'of /v1/licenses//status'));
    }
});

test('what is shown of a key in lists are the four characters before the last', () => {
  expect(tailOf('CODITECT-0000-0000-0000-0000-ABCD')).toBe('0ABC');
});
