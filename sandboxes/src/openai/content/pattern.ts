import { type Effort, UnfillableSchema } from './effort.ts';

const LONGEST_PATTERN = 1_000;
/** What trying a class of characters takes. */
const STEPS_A_CLASS = 50;
// A repetition is written as often as it must be, and up to this often where it may be.
const USUAL_REPEAT = 3;
const MOST_REPEAT = 200;
const LONGEST_MADE = 10_000;
const ESCAPES: Readonly<Record<string, string>> = {
  d: '1',
  w: 'a',
  s: ' ',
  D: 'a',
  W: '-',
  S: 'a',
  n: '\n',
  t: '\t',
  b: '',
  B: '',
};
const SAMPLES =
  'a1A-_ .#@/:bcdefghijklmnopqrstuvwxyzBCDEFGHIJKLMNOPQRSTUVWXYZ023456789!"$%&\'()*+,;<=>?[]^`{|}~é'.split(
    '',
  );

/** Reads a pattern from left to right; `at` is where it has come to. */
interface Cursor {
  readonly pattern: string;
  readonly effort: Effort;
  at: number;
}

/**
 * A string that a pattern matches, of 10,000 characters at most, or a little more. The pattern is read and never run: a caller wrote it,
 * and an engine that backtracks could hold up the whole process. Literals, classes, groups, alternatives and counts are known, which is what
 * the patterns of schemas use; for look-around and back-references the result may not match. Throws UnfillableSchema for a pattern that is
 * too long, or when the request has cost too much.
 */
export function textFor(pattern: string, effort: Effort): string {
  if (pattern.length > LONGEST_PATTERN)
    throw new UnfillableSchema(`a pattern is longer than ${LONGEST_PATTERN} characters`);
  effort.spend(pattern.length);
  const cursor = { pattern, effort, at: 0 };
  let text = alternatives(cursor);
  // A bracket too many is no pattern; it is read to its end all the same.
  while (cursor.at < pattern.length) {
    cursor.at += 1;
    text += alternatives(cursor);
  }
  return text;
}

/** The first alternative is written, the others are only read over. */
function alternatives(cursor: Cursor): string {
  const first = sequence(cursor);
  while (cursor.pattern[cursor.at] === '|') {
    cursor.at += 1;
    sequence(cursor);
  }
  return first;
}

function sequence(cursor: Cursor): string {
  let made = '';
  while (cursor.at < cursor.pattern.length && !'|)'.includes(cursor.pattern[cursor.at] ?? '')) {
    const atom = readAtom(cursor);
    const room = Math.ceil(Math.max(0, LONGEST_MADE - made.length) / Math.max(1, atom.length));
    made += atom.repeat(Math.min(readCount(cursor), room));
  }
  return made;
}

function readAtom(cursor: Cursor): string {
  const character = cursor.pattern[cursor.at] ?? '';
  cursor.at += 1;
  if (character === '^' || character === '$') return '';
  if (character === '.') return 'a';
  if (character === '[') return readClass(cursor);
  if (character === '\\') return readEscape(cursor);
  if (character !== '(') return character;
  const rest = cursor.pattern.slice(cursor.at);
  const isSilent = /^\?(?:[=!]|<[=!])/.test(rest);
  cursor.at += /^\?(?::|<?[=!]|<[^>]*>)/.exec(rest)?.[0].length ?? 0;
  const inner = alternatives(cursor);
  cursor.at += 1;
  return isSilent ? '' : inner;
}

function readEscape(cursor: Cursor): string {
  const rest = cursor.pattern.slice(cursor.at);
  const property = /^[pP]\{[^}]*\}/.exec(rest)?.[0];
  const code = /^(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))/.exec(rest);
  cursor.at += property?.length ?? code?.[0].length ?? 1;
  if (property !== undefined) return sampleOf(`\\${property}`, cursor);
  if (code !== null) return String.fromCharCode(Number.parseInt(code[1] ?? code[2] ?? '61', 16));
  return ESCAPES[rest[0] ?? ''] ?? rest[0] ?? '';
}

function readClass(cursor: Cursor): string {
  const start = cursor.at - 1;
  while (cursor.at < cursor.pattern.length && cursor.pattern[cursor.at] !== ']') {
    cursor.at += cursor.pattern[cursor.at] === '\\' ? 2 : 1;
  }
  cursor.at += 1;
  return sampleOf(cursor.pattern.slice(start, cursor.at), cursor);
}

/** A character of a class, found by trying one class on one character at a time, where nothing can be tried twice. */
function sampleOf(characters: string, { effort }: Cursor): string {
  effort.spend(STEPS_A_CLASS);
  const expression = compileCharacters(`^${characters}$`);
  const sample = SAMPLES.find((character) => expression?.test(character));
  return sample ?? /^\[\^?\\?(.)/su.exec(characters)?.[1] ?? 'a';
}

function compileCharacters(characters: string): RegExp | undefined {
  try {
    return new RegExp(characters, 'u');
  } catch {
    return undefined;
  }
}

/** How often an atom is written. */
function readCount(cursor: Cursor): number {
  const [whole, least, comma, upper] =
    /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(cursor.pattern.slice(cursor.at)) ?? [];
  if (whole === undefined) return 1;
  cursor.at += whole.length;
  if (least === undefined) return whole.startsWith('?') ? 1 : USUAL_REPEAT;
  const low = Number(least);
  const high = comma === '' ? low : upper === '' ? Number.POSITIVE_INFINITY : Number(upper);
  return Math.min(Math.max(low, Math.min(USUAL_REPEAT, high)), MOST_REPEAT);
}
