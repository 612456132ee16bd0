/** A stretch of a text, and whether both texts have it. */
export interface Stretch {
  readonly op: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** Pairs of words that are compared: 8 MB, some 20 ms. Texts with more are shown as one in place of the other. */
const MOST_PAIRS = 4_000_000;

/** Changes of a text, word by word, by a longest common subsequence. */
export function diffWords(before: string, after: string): Stretch[] {
  const [a, b] = [wordsOf(before), wordsOf(after)];
  const stretches: { op: Stretch['op']; text: string }[] = [];
  const add = (op: Stretch['op'], text = '') => {
    const last = stretches.at(-1);
    if (last?.op === op) last.text += text;
    else if (text !== '') stretches.push({ op, text });
  };
  const width = b.length + 1;
  const rows = a.length * b.length > MOST_PAIRS ? 0 : a.length;
  const lengths = new Uint16Array((rows + 1) * width);
  const lengthAt = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = rows - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] =
        a[i] === b[j] ? lengthAt(i + 1, j + 1) + 1 : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1));
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const isRemoved = i < a.length && (j === b.length || lengthAt(i + 1, j) >= lengthAt(i, j + 1));
    if (i < a.length && a[i] === b[j]) {
      add('same', a[i]);
      [i, j] = [i + 1, j + 1];
    } else if (isRemoved) add('removed', a[i++]);
    else add('added', b[j++]);
  }
  return stretches;
}

const wordsOf = (text: string): string[] => text.match(/\s*\S+|\s+$/g) ?? [];
