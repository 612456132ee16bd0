/** A line of a text, and whether both texts have it. */
export interface DiffLine {
  readonly op: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** Room of a diff of two whole scopes; each of its texts takes from it. */
export interface DiffRoom {
  /** Pairs of lines that are compared: texts for which there are none left are shown as one in place of the other. */
  pairs: number;
  lines: number;
  characters: number;
}

/** A quarter of a second of a core at most, and what a reader can be sent: the text of two of the longest scopes, in lines of some length. */
export const diffRoom = (): DiffRoom => ({ pairs: 4_000_000, lines: 10_000, characters: 1_000_000 });

/** More pairs than this no single text takes: 4 MB. */
const MOST_PAIRS = 1_000_000;
/** Lines around a change that are shown with it. */
const CONTEXT = 2;

/** Changes of a text, line by line, with two lines around each. Empty: nothing. */
export function diffLines(before: string, after: string, room: DiffRoom): DiffLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end += 1;
  if (start === a.length && start === b.length) return [];
  const middle = diffBetween(a.slice(start, a.length - end), b.slice(start, b.length - end), room);
  const lines = [
    ...a.slice(Math.max(0, start - CONTEXT), start).map(sameLine),
    ...middle,
    ...a.slice(a.length - end, a.length - end + CONTEXT).map(sameLine),
  ];
  return withContext(lines);
}

const sameLine = (text: string): DiffLine => ({ op: 'same', text });
const removedLine = (text: string): DiffLine => ({ op: 'removed', text });
const addedLine = (text: string): DiffLine => ({ op: 'added', text });

/** By a longest common subsequence. */
function diffBetween(a: readonly string[], b: readonly string[], room: DiffRoom): DiffLine[] {
  const pairs = a.length * b.length;
  if (pairs > Math.min(MOST_PAIRS, room.pairs)) return [...a.map(removedLine), ...b.map(addedLine)];
  room.pairs -= pairs;
  const numbersOf = createLineNumbers();
  const [old, fresh] = [numbersOf(a), numbersOf(b)];
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const lengthAt = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] =
        old[i] === fresh[j] ? lengthAt(i + 1, j + 1) + 1 : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1));
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [one, other] = [a[i], b[j]];
    if (one !== undefined && one === other) {
      lines.push(sameLine(one));
      [i, j] = [i + 1, j + 1];
    } else if (one !== undefined && (other === undefined || lengthAt(i + 1, j) >= lengthAt(i, j + 1))) {
      lines.push(removedLine(one));
      i += 1;
    } else {
      lines.push(addedLine(other ?? ''));
      j += 1;
    }
  }
  return lines;
}

/** A number for each line, the same for the same text: numbers are compared ten times as fast. */
function createLineNumbers(): (lines: readonly string[]) => Uint32Array {
  const numbers = new Map<string, number>();
  const numberOf = (line: string) => {
    const number = numbers.get(line) ?? numbers.size;
    numbers.set(line, number);
    return number;
  };
  return (lines) => Uint32Array.from(lines, numberOf);
}

/** As many of the lines as there is room for. */
export function withinRoom(lines: readonly DiffLine[], room: DiffRoom): DiffLine[] {
  const past = lines.findIndex(({ text }) => {
    room.lines -= 1;
    room.characters -= text.length;
    return room.lines < 0 || room.characters < 0;
  });
  return past === -1 ? [...lines] : lines.slice(0, past);
}

/** Leaves out what is far from any change. */
function withContext(lines: readonly DiffLine[]): DiffLine[] {
  const changed = lines.flatMap(({ op }, index) => (op === 'same' ? [] : [index]));
  let next = 0;
  return lines.filter((_, index) => {
    while (next < changed.length - 1 && (changed[next] ?? 0) + CONTEXT < index) next += 1;
    return Math.abs((changed[next] ?? 0) - index) <= CONTEXT;
  });
}
