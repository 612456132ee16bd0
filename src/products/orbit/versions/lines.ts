/** A line of a text, and whether both texts have it. */
export interface DiffLine {
  readonly op: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** Two texts of more lines than this, where they differ, are shown as one in place of the other. */
const MOST_CELLS = 1_000_000;
/** Lines around a change that are shown with it. */
const CONTEXT = 2;

/** What became of a text, line by line, with two lines around each change. Empty: nothing. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end += 1;
  if (start === a.length && start === b.length) return [];
  const middle = between(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const lines = [
    ...a.slice(Math.max(0, start - CONTEXT), start).map(same),
    ...middle,
    ...a.slice(a.length - end, a.length - end + CONTEXT).map(same),
  ];
  return withContext(lines);
}

const same = (text: string): DiffLine => ({ op: 'same', text });
const removed = (text: string): DiffLine => ({ op: 'removed', text });
const added = (text: string): DiffLine => ({ op: 'added', text });

/** By a longest common subsequence. */
function between(a: readonly string[], b: readonly string[]): DiffLine[] {
  if (a.length * b.length > MOST_CELLS) return [...a.map(removed), ...b.map(added)];
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [old, fresh] = [a[i], b[j]];
    if (old !== undefined && old === fresh) {
      lines.push(same(old));
      [i, j] = [i + 1, j + 1];
    } else if (old !== undefined && (fresh === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(removed(old));
      i += 1;
    } else {
      lines.push(added(fresh ?? ''));
      j += 1;
    }
  }
  return lines;
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
