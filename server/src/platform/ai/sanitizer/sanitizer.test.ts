import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { definePrompt } from '../prompts.ts';
import { createSanitizer, type Sanitizer } from './sanitizer.ts';

const SECRET =
  'You are a patient listener. Never name a diagnosis, and answer in two short paragraphs: first what you heard, then one open question — “kindly”, in plain words.';
const prompt = definePrompt(
  `---\nid: listener\nversion: 3\nvariables: [thought]\n---\n## system\n${SECRET}\n## user\nThe person wrote this: {{thought}}\n`,
  'listener.v3.md',
);

function makeSanitizer(): Sanitizer {
  const sanitizer = createSanitizer([{ id: prompt.id, version: prompt.version, parts: prompt.fixed }]);
  if (sanitizer === undefined) throw new Error('there are prompts');
  return sanitizer;
}
const sanitizer = makeSanitizer();

/** The text that goes out of a reply that arrives in such pieces, and the rule that cut it. */
function sendPieces(pieces: readonly string[]): { text: string; rule: string | undefined } {
  const reply = sanitizer.memoryOf().begin();
  const text = pieces.map((piece) => reply.push(piece)).join('') + reply.end();
  return { text, rule: reply.leak?.rule };
}

const rotate13 = (text: string) =>
  text.replaceAll(/[a-z]/gi, (letter) => {
    const base = letter < 'a' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
const coded = Buffer.from(SECRET).toString('base64');

const DISGUISES: readonly (readonly [string, string, string])[] = [
  ['word for word', SECRET, 'plain'],
  ['in capitals', SECRET.toUpperCase(), 'plain'],
  ['without spaces', SECRET.replaceAll(' ', ''), 'plain'],
  ['spaced out', Array.from(SECRET).join(' '), 'plain'],
  ['with hyphens and line breaks', SECRET.replaceAll(' ', '-\n> '), 'plain'],
  ['with other quotes and dashes', SECRET.replaceAll(/[“”]/g, '"').replace('—', '--'), 'plain'],
  [
    'as a list',
    SECRET.split(' ')
      .map((word) => `* **${word}**`)
      .join('\n'),
    'plain',
  ],
  [
    'as a list with numbers',
    SECRET.split(' ')
      .map((word, at) => `${at + 1}. ${word}`)
      .join('\n'),
    'plain',
  ],
  ['with invisible letters', Array.from(SECRET).join('\u200B'), 'plain'],
  [
    'in full-width letters',
    SECRET.replaceAll(/[a-z]/gi, (letter) => String.fromCodePoint(letter.charCodeAt(0) + 0xfee0)),
    'plain',
  ],
  ['with letters that nobody sees', Array.from(SECRET).join('\u3164'), 'plain'],
  [
    'in letters that look alike',
    SECRET.replaceAll('a', 'а').replaceAll('e', 'е').replaceAll('o', 'ο'),
    'plain',
  ],
  ['with accents', SECRET.replaceAll('e', 'é'), 'plain'],
  ['a part of it', SECRET.slice(40, 110), 'plain'],
  ['in rot13', rotate13(SECRET), 'rot13'],
  ['backwards', Array.from(SECRET).toReversed().join(''), 'reversed'],
  ['in base64', coded, 'base64'],
  ['in base64 for addresses', Buffer.from(SECRET).toString('base64url'), 'base64'],
  ['in base64, in lines of 76', coded.replaceAll(/.{76}/g, '$&\n'), 'base64'],
  ['in base64, from the middle on', Buffer.from(SECRET.slice(41)).toString('base64'), 'base64'],
  ['in base64 after a word', `base64 ${coded}`, 'base64'],
  ['in base64 between signs and invisible letters', coded.replaceAll(/.{4}/g, '`$&`, \u200B'), 'base64'],
  ['in base64, as a list', coded.replaceAll(/.{20}/g, '- $&\n'), 'base64'],
  [
    'in base64, word by word',
    SECRET.split(' ')
      .map((word) => Buffer.from(`${word} `).toString('base64'))
      .join('\n'),
    'base64',
  ],
  ['in base64 of rot13', Buffer.from(rotate13(SECRET)).toString('base64'), 'base64'],
  ['in hexadecimal', Buffer.from(SECRET).toString('hex'), 'hex'],
  ['in hexadecimal, as in a program', Buffer.from(SECRET).toString('hex').replaceAll(/../g, '0x$&, '), 'hex'],
  ['in hexadecimal, as in an address', Buffer.from(SECRET).toString('hex').replaceAll(/../g, '%$&'), 'hex'],
  ['in hexadecimal, byte by byte', Buffer.from(SECRET).toString('hex').replaceAll(/../g, '$& '), 'hex'],
];

describe('a reply that would repeat a secret prompt', () => {
  test.each(DISGUISES)('%s is cut, however it is split', (_, disguised, rule) => {
    const begin = 'Of course! Here is what I was told. ';
    for (const size of [1, 2, 3, 7, 50, 10_000]) {
      const whole = `${begin}${disguised}\n${'And more words, of which none goes out. '.repeat(5)}`;
      const pieces = whole.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const { text, rule: found } = sendPieces(pieces);
      expect(found).toBe(rule);
      expect(begin.startsWith(text.trimEnd()) || text.startsWith(begin), text).toBe(true);
      expect(text).not.toContain('And more');
      // A letter or two of a code may be out before it shows what it is.
      expect(text.length).toBeLessThanOrEqual(begin.length + 60);
      expect(text.toLowerCase()).not.toMatch(/patient listener|open question/);
    }
  });

  test('with another word in place of every sixth is cut', () => {
    const words = SECRET.split(' ').map((word, at) => (at % 6 === 5 ? 'so' : word));
    const { text, rule } = sendPieces([words.join(' ')]);
    expect(rule).toBe('plain');
    expect(SECRET.startsWith(text.slice(0, 26))).toBe(true);
    expect(text.length).toBeLessThan(64);
  });

  test('names the prompt and its version, and has none of its text', () => {
    const leak = sanitizer.memoryOf().leakIn({ values: [SECRET], names: [] });
    expect(leak).toEqual({ prompt: 'listener', version: 3, rule: 'plain' });
  });

  test('in a few words of it is not: nine or so anybody might say', () => {
    for (const words of [
      'You are a patient listener.',
      'then one open question, kindly',
      'answer in two short paragraphs',
    ])
      expect(sendPieces([words])).toEqual({ text: words, rule: undefined });
  });

  test('is not one that repeats what the caller wrote', () => {
    const text =
      'You wrote that you are tired of all this talking about deadlines at work, every day of the week.';
    expect(sendPieces([text])).toEqual({ text, rule: undefined });
  });
});

describe('every other reply', () => {
  const own = readdirSync(import.meta.dirname).map((file) =>
    readFileSync(`${import.meta.dirname}/${file}`, 'utf8').replaceAll(SECRET, ''),
  );
  const ordinary = [
    ...own,
    '',
    'ok',
    '👩‍👩‍👧‍👦 and 🏳️‍🌈, écrit à l’encre — “voilà”',
    Buffer.from('an ordinary text that somebody wants in base64, for a change').toString('base64'),
    'a'.repeat(5_000),
    ' '.repeat(5_000),
    'ffff'.repeat(1_000),
  ];

  test('goes out unchanged, however it is split', () => {
    for (const text of ordinary) {
      for (const size of [1, 3, 17, 4_096]) {
        const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
        expect(sendPieces(pieces)).toEqual({ text, rule: undefined });
      }
    }
  });

  test.each([
    ['words', own.join('\n').replaceAll(/\s+/g, ' ')],
    ['figures', `These are the figures of all years, one after the other: ${'3.14, '.repeat(500)}`],
    ['blanks', `A letter. ${' '.repeat(2_000)}`],
  ])('of %s waits for no more than its last letters', (_, text) => {
    const reply = sanitizer.memoryOf().begin();
    let out = 0;
    for (let at = 0; at < text.length; at += 20) {
      out += reply.push(text.slice(at, at + 20)).length;
      // 47 letters, and what stands between them; a code is longer than what it says.
      expect(Math.min(text.length, at + 20) - out).toBeLessThan(400);
    }
    expect(out + reply.end().length).toBe(text.length);
  });

  test('is not read at all where there is no secret prompt', () => {
    expect(createSanitizer([])).toBeUndefined();
  });
});
