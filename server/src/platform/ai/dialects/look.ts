/** The contents of an event of a stream, as far as they can be told without parsing it. */
export interface Look {
  /** Bytes of the model's words. */
  readonly shownBytes: number;
  /** The same without its thoughts. */
  readonly saidBytes: number;
  /** Replies that say why they have ended. */
  readonly finished: number;
  /** Whether it may hold usage or an error. Nearly no event does, and only those are parsed. */
  readonly mayTell: boolean;
  /** Whether it says of itself that nothing comes after it. */
  readonly isLast: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const SPACE = 0x20;
const OPENS = 0x7b;
const NULL = 0x6e;

type Meaning =
  | 'words'
  /** A gateway may say the same thoughts under two names. */
  | 'thoughts'
  | 'other_thoughts'
  /** In the parts of a content that is a list. */
  | 'parts'
  | 'finish'
  | 'usage'
  | 'error'
  /** MiniMax tells of an error with status 200 and without `error`. */
  | 'status'
  /** The event's own name, where events have one. */
  | 'kind';

interface Range {
  readonly from: number;
  readonly to: number;
}

interface Name {
  /** With its closing quote. */
  readonly bytes: Buffer;
  readonly meaning: Meaning;
}

/** Names that say something in the events of a protocol, by their first byte. */
export interface Names {
  readonly byFirst: readonly (readonly Name[] | undefined)[];
  /** Kinds of event after which nothing comes, and kinds and reasons to end that are parsed. */
  readonly last: ReadonlySet<string>;
  readonly telling: ReadonlySet<string>;
}

/** Where the words of an answer stand in a protocol, and what else is looked for. */
export function namesOf(
  meanings: Readonly<Record<string, Meaning>>,
  kinds: { readonly last?: readonly string[]; readonly telling?: readonly string[] } = {},
): Names {
  const byFirst = Array.from({ length: 256 }, (_, first) => {
    const names = Object.entries(meanings)
      .filter(([name]) => name.charCodeAt(0) === first)
      .map(([name, meaning]) => ({ bytes: Buffer.from(`${name}"`), meaning }));
    return names.length === 0 ? undefined : names;
  });
  return { byFirst, last: new Set(kinds.last), telling: new Set(kinds.telling) };
}

/**
 * Goes once over the bytes of an event, and stops at the names that say something. Looking for each name by itself took ten times as
 * long: a call of Buffer.indexOf costs more than the few hundred bytes that it looks at (docs/benchmarks.md).
 */
export function lookOver(names: Names, data: Buffer, { from, to }: Range): Look {
  const found = { words: 0, thoughts: 0, other_thoughts: 0, parts: 0, finish: 0 };
  let mayTell = false;
  let isLast = false;
  for (let at = from; at < to; at += 1) {
    if (data[at] !== QUOTE) continue;
    const name = nameAt(names, data, at + 1);
    if (name === undefined) continue;
    at += name.bytes.length;
    const value = valueAfter(data, at + 1);
    const { meaning } = name;
    if (meaning === 'usage') mayTell ||= data[value] === OPENS;
    else if (meaning === 'error') mayTell ||= data[value] !== NULL;
    else if (meaning === 'status') mayTell = true;
    else if (meaning === 'kind') {
      const kind = data.toString('latin1', value + 1, value + 1 + stringBytes(data, value, to));
      isLast ||= names.last.has(kind);
      mayTell ||= names.telling.has(kind);
    } else if (meaning === 'finish') {
      const size = stringBytes(data, value, to);
      found.finish += size > 0 ? 1 : 0;
      mayTell ||= names.telling.has(data.toString('latin1', value + 1, value + 1 + size));
    } else found[meaning] += stringBytes(data, value, to);
  }
  const shown = found.words + Math.max(found.thoughts, found.other_thoughts);
  const saidBytes = found.words + found.parts;
  return { saidBytes, shownBytes: shown > 0 ? shown : found.parts, finished: found.finish, mayTell, isLast };
}

function nameAt({ byFirst }: Names, data: Buffer, at: number): Name | undefined {
  const names = byFirst[data[at] ?? 0];
  if (names !== undefined) for (const name of names) if (startsWith(data, name.bytes, at)) return name;
  return undefined;
}

function startsWith(data: Buffer, word: Buffer, at: number): boolean {
  for (let n = 1; n < word.length; n += 1) if (data[at + n] !== word[n]) return false;
  return true;
}

/** The place of the value that belongs to a name which ends here. */
function valueAfter(data: Buffer, end: number): number {
  let at = end;
  while (data[at] === COLON || data[at] === SPACE) at += 1;
  return at;
}

/**
 * The bytes of a JSON string that opens at a position, without its quotes; 0 if it is no string, or has no end. An object, as Google
 * writes arguments, has as many as its event goes on for: only a stream without usage is counted so.
 */
function stringBytes(data: Buffer, open: number, to: number): number {
  if (data[open] === OPENS) return to - open;
  if (data[open] !== QUOTE) return 0;
  for (let at = open + 1; at < to; at += 1) {
    if (data[at] === QUOTE) return at - open - 1;
    if (data[at] === BACKSLASH) at += 1;
  }
  return 0;
}
