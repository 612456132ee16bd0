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

/** What reading a pattern tells of it, without running it. */
export interface Sketch {
  /** A text that it matches; 10,000 characters at most, or a little more. */
  readonly text: string;
  /** How many instructions it has, about, with each repetition written out. */
  readonly size: number;
}

/** Reads a pattern from left to right; `at` is where it has come to. */
interface Cursor {
  readonly pattern: string;
  readonly sample: (characters: string) => string;
  at: number;
}

const NOTHING: Sketch = { text: '', size: 1 };

/** Reads a pattern in time by its length. `sample` names a character of a class. */
export function sketch(pattern: string, sample: (characters: string) => string): Sketch {
  const cursor = { pattern, sample, at: 0 };
  const parts = [alternatives(cursor)];
  // A bracket too many is no pattern; it is read to its end all the same.
  while (cursor.at < pattern.length) {
    cursor.at += 1;
    parts.push(alternatives(cursor));
  }
  return joined(parts);
}

/** The first alternative is written, the others are only read over. */
function alternatives(cursor: Cursor): Sketch {
  const first = sequence(cursor);
  let { size } = first;
  while (cursor.pattern[cursor.at] === '|') {
    cursor.at += 1;
    size += sequence(cursor).size;
  }
  return { text: first.text, size };
}

function sequence(cursor: Cursor): Sketch {
  const parts: Sketch[] = [];
  let length = 0;
  while (cursor.at < cursor.pattern.length && !'|)'.includes(cursor.pattern[cursor.at] ?? '')) {
    const atom = readAtom(cursor);
    const { count, most } = readCount(cursor);
    const room = Math.ceil(Math.max(0, LONGEST_MADE - length) / Math.max(1, atom.text.length));
    const text = atom.text.repeat(Math.min(count, room));
    length += text.length;
    parts.push({ text, size: atom.size * most });
  }
  return joined(parts);
}

function joined(parts: readonly Sketch[]): Sketch {
  return {
    text: parts.map(({ text }) => text).join(''),
    size: parts.reduce((sum, { size }) => sum + size, 1),
  };
}

function readAtom(cursor: Cursor): Sketch {
  const character = cursor.pattern[cursor.at] ?? '';
  cursor.at += 1;
  if (character === '^' || character === '$') return NOTHING;
  if (character === '.') return { text: 'a', size: 1 };
  if (character === '[') return { text: readClass(cursor), size: 1 };
  if (character === '\\') return { text: readEscape(cursor), size: 1 };
  if (character !== '(') return { text: character, size: 1 };
  const rest = cursor.pattern.slice(cursor.at);
  const silent = /^\?(?:[=!]|<[=!])/.test(rest);
  cursor.at += /^\?(?::|<?[=!]|<[^>]*>)/.exec(rest)?.[0].length ?? 0;
  const inner = alternatives(cursor);
  cursor.at += 1;
  return silent ? { ...inner, text: '' } : inner;
}

function readEscape(cursor: Cursor): string {
  const rest = cursor.pattern.slice(cursor.at);
  const property = /^[pP]\{[^}]*\}/.exec(rest)?.[0];
  const code = /^(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))/.exec(rest);
  cursor.at += property?.length ?? code?.[0].length ?? 1;
  if (property !== undefined) return cursor.sample(`\\${property}`);
  if (code !== null) return String.fromCharCode(Number.parseInt(code[1] ?? code[2] ?? '61', 16));
  return ESCAPES[rest[0] ?? ''] ?? rest[0] ?? '';
}

function readClass(cursor: Cursor): string {
  const start = cursor.at - 1;
  while (cursor.at < cursor.pattern.length && cursor.pattern[cursor.at] !== ']') {
    cursor.at += cursor.pattern[cursor.at] === '\\' ? 2 : 1;
  }
  cursor.at += 1;
  return cursor.sample(cursor.pattern.slice(start, cursor.at));
}

/**
 * A character of a class, found by trying: the regular expression engine knows its own classes best. What is tried is one class, on
 * one character at a time, where nothing can be tried twice.
 */
export function sampleOf(characters: string): string {
  const expression = compiled(`^${characters}$`);
  const sample = SAMPLES.find((character) => expression?.test(character));
  if (sample !== undefined) return sample;
  return /^\[\^?\\?(.)/su.exec(characters)?.[1] ?? 'a';
}

function compiled(characters: string): RegExp | undefined {
  try {
    return new RegExp(characters, 'u');
  } catch {
    return undefined;
  }
}

/** How often an atom is written, and how often it stands in the pattern's program. */
function readCount(cursor: Cursor): { readonly count: number; readonly most: number } {
  const [whole, least, comma, upper] =
    /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(cursor.pattern.slice(cursor.at)) ?? [];
  if (whole === undefined) return { count: 1, most: 1 };
  cursor.at += whole.length;
  if (least === undefined) return { count: whole.startsWith('?') ? 1 : USUAL_REPEAT, most: 2 };
  const low = Number(least);
  const high = comma === '' ? low : upper === '' ? Number.POSITIVE_INFINITY : Number(upper);
  const count = Math.min(Math.max(low, Math.min(USUAL_REPEAT, high)), MOST_REPEAT);
  return { count, most: Number.isFinite(high) ? Math.max(high, 1) : low + 1 };
}
