import { Script } from 'node:vm';

/**
 * A string that a regular expression matches: the first candidate it matches, a piece of one, or one generated
 * from the expression. Generation knows literals, classes, groups, alternatives and counts, which is what the
 * patterns of schemas use; for look-around and back-references the result may not match.
 */
export function matching(pattern: string, candidates: readonly string[]): string {
  const expression = compiled(pattern);
  if (expression === null) return candidates[0] ?? 'sandbox';
  const found = firstMatch(expression, candidates.slice(0, MOST_CANDIDATES));
  return found ?? generated(pattern);
}

const MOST_CANDIDATES = 20;
const LONGEST_CANDIDATE = 200;
const PLAIN_QUANTIFIERS = 4;
const MATCHING_MS = 100;
const SEARCH = new Script('candidates.find((candidate) => expression.test(candidate))');

/**
 * Whether a pattern can take more than polynomial time: one that repeats a group, or refers back, or has many
 * quantifiers. With up to four on 200 characters the worst is some 10⁷ steps.
 */
export function isCostly(pattern: string): boolean {
  const quantifiers = pattern.match(/[*+?]|\{\d+,?\d*\}/g)?.length ?? 0;
  return quantifiers > PLAIN_QUANTIFIERS || /\)[*+{]|\\[1-9k]/.test(pattern);
}

/** A caller's pattern may need exponential time on the caller's text: such a one is run where it can be stopped. */
function firstMatch(expression: RegExp, given: readonly string[]): string | undefined {
  const candidates = given.filter(({ length }) => length <= LONGEST_CANDIDATE);
  if (!isCostly(expression.source)) return candidates.find((candidate) => expression.test(candidate));
  try {
    const found: unknown = SEARCH.runInNewContext({ expression, candidates }, { timeout: MATCHING_MS });
    return typeof found === 'string' ? found : undefined;
  } catch {
    return undefined;
  }
}

function compiled(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return null;
  }
}

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
  at: number;
}

function generated(pattern: string): string {
  return alternatives({ pattern, at: 0 });
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
  let text = '';
  while (cursor.at < cursor.pattern.length && !'|)'.includes(cursor.pattern[cursor.at] ?? '')) {
    const atom = readAtom(cursor);
    const count = readCount(cursor);
    text += atom.repeat(Math.min(count, Math.ceil(LONGEST_MADE / Math.max(1, atom.length))));
  }
  return text;
}

function readAtom(cursor: Cursor): string {
  const character = cursor.pattern[cursor.at] ?? '';
  cursor.at += 1;
  if (character === '^' || character === '$') return '';
  if (character === '.') return 'a';
  if (character === '[') return readClass(cursor);
  if (character === '\\') return readEscape(cursor);
  if (character !== '(') return character;
  const silent = /^\?(?:[=!]|<[=!])/.test(cursor.pattern.slice(cursor.at));
  cursor.at += /^\?(?::|<?[=!]|<[^>]*>)/.exec(cursor.pattern.slice(cursor.at))?.[0].length ?? 0;
  const inner = alternatives(cursor);
  cursor.at += 1;
  return silent ? '' : inner;
}

function readEscape(cursor: Cursor): string {
  const rest = cursor.pattern.slice(cursor.at);
  const property = /^[pP]\{[^}]*\}/.exec(rest)?.[0];
  const code = /^(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))/.exec(rest);
  cursor.at += property?.length ?? code?.[0].length ?? 1;
  if (property !== undefined) return sampleOf(`\\${property}`);
  if (code !== null) return String.fromCharCode(Number.parseInt(code[1] ?? code[2] ?? '61', 16));
  return ESCAPES[rest[0] ?? ''] ?? rest[0] ?? '';
}

function readClass(cursor: Cursor): string {
  const start = cursor.at - 1;
  while (cursor.at < cursor.pattern.length && cursor.pattern[cursor.at] !== ']') {
    cursor.at += cursor.pattern[cursor.at] === '\\' ? 2 : 1;
  }
  cursor.at += 1;
  return sampleOf(cursor.pattern.slice(start, cursor.at));
}

/** A character of a class, found by trying: the regular expression engine knows its own classes best. */
function sampleOf(characters: string): string {
  const expression = compiled(`^${characters}$`);
  const sample = SAMPLES.find((character) => expression?.test(character));
  if (sample !== undefined) return sample;
  return /^\[\^?\\?(.)/su.exec(characters)?.[1] ?? 'a';
}

function readCount(cursor: Cursor): number {
  const [whole, least, comma, most] =
    /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(cursor.pattern.slice(cursor.at)) ?? [];
  if (whole === undefined) return 1;
  cursor.at += whole.length;
  if (least === undefined) return whole.startsWith('?') ? 1 : USUAL_REPEAT;
  const upper = comma === '' ? Number(least) : most === '' ? Number.POSITIVE_INFINITY : Number(most);
  return Math.min(Math.max(Number(least), Math.min(USUAL_REPEAT, upper)), MOST_REPEAT);
}
