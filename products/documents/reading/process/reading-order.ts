/** Scripts that run from right to left, without their digits. */
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
/** Letters in the forms that they have in a word, as fonts name them. */
const FORMS = /[\uFB1D-\uFDFF\uFE70-\uFEFC]+/g;
const DIGIT = /^\p{Nd}+$/u;
/** Signs that belong to the number beside them, and those that join two. */
const OF_NUMBER = /^[%$€£¥₪+#°‰]$/u;
const JOINS_NUMBERS = /^[.,:/\-−]$/u;
const BRACKETS: Readonly<Record<string, string>> = {
  '(': ')',
  ')': '(',
  '[': ']',
  ']': '[',
  '{': '}',
  '}': '{',
  '«': '»',
  '»': '«',
};

/** Whether a text has letters that run from right to left. */
export const runsFromRight = (text: string): boolean => RIGHT_TO_LEFT.test(text);

/** Whether most letters of a text run from right to left. */
export function isFromRight(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? [];
  return letters.filter((letter) => RIGHT_TO_LEFT.test(letter)).length * 2 > letters.length;
}

type Direction = 'right' | 'left' | 'number' | 'none';

/**
 * The signs of a line, given from left to right as they are painted, in the order in which they are read: the inverse of the Unicode
 * bidirectional algorithm (UAX 9), with one level of embedding. A blank of several spaces stands between columns.
 */
export function readingOrder(signs: readonly string[], fromRight: boolean): string {
  const base: Direction = fromRight ? 'right' : 'left';
  const directions = resolved(signs.map(directionOf), signs, base);
  const runs: { readonly direction: Direction; readonly signs: string[] }[] = [];
  for (const [at, sign] of signs.entries()) {
    const direction = directions[at] ?? base;
    const last = runs.at(-1);
    if (last?.direction === direction) last.signs.push(sign);
    else runs.push({ direction, signs: [sign] });
  }
  const read = runs.map(({ direction, signs: run }) => (direction === 'right' ? run.toReversed() : run));
  const ordered = fromRight ? read.toReversed() : inner(runs, read);
  const text = ordered
    .flat()
    .join('')
    .replace(FORMS, (forms) => forms.normalize('NFKC'));
  // Some files name the bracket that is painted, others the one that is meant.
  const isMeant = (runs.length === 1 && !fromRight) || opensFirst(text);
  return isMeant ? text : text.replace(/[()[\]{}«»]/g, (sign) => BRACKETS[sign] ?? sign);
}

/** Whether the first bracket of a text opens. */
function opensFirst(text: string): boolean {
  const first = /[()[\]{}«»]/.exec(text)?.[0];
  return first === undefined || '([{«'.includes(first);
}

/** In a line from left to right, words and numbers that lie in a stretch from the right change their places with it. */
function inner(runs: readonly { readonly direction: Direction }[], read: readonly string[][]): string[][] {
  const ordered: string[][] = [];
  let stretch: string[][] = [];
  for (const [at, { direction }] of runs.entries()) {
    const run = read[at] ?? [];
    if (direction === 'left') {
      ordered.push(...stretch.toReversed(), run);
      stretch = [];
    } else stretch.push(run);
  }
  return [...ordered, ...stretch.toReversed()];
}

function directionOf(sign: string): Direction {
  if (DIGIT.test(sign)) return 'number';
  if (RIGHT_TO_LEFT.test(sign)) return 'right';
  return /\p{L}/u.test(sign) ? 'left' : 'none';
}

function resolved(given: readonly Direction[], signs: readonly string[], base: Direction): Direction[] {
  const directions = [...given];
  for (const [at, sign] of signs.entries()) {
    const [before, after] = [directions[at - 1], given[at + 1]];
    if (JOINS_NUMBERS.test(sign) && before === 'number' && after === 'number') directions[at] = 'number';
    if (OF_NUMBER.test(sign) && (before === 'number' || after === 'number')) directions[at] = 'number';
  }
  // A number behind a word from the left belongs to it.
  let strong = base;
  for (const [at, direction] of directions.entries()) {
    if (direction === 'number' && strong === 'left') directions[at] = 'left';
    else if (direction === 'left' || direction === 'right') strong = direction;
    else if (isColumn(signs[at])) strong = base;
  }
  for (let at = 0; at < directions.length; at += 1) {
    if (directions[at] !== 'none') continue;
    let end = at;
    while (directions[end] === 'none') end += 1;
    const [before, after] = [directions[at - 1] ?? base, directions[end] ?? base].map((one) =>
      one === 'number' ? 'right' : one,
    );
    const isApart = signs.slice(at, end).some(isColumn);
    directions.fill(!isApart && before === after && before !== undefined ? before : base, at, end);
    at = end - 1;
  }
  return directions;
}

const isColumn = (sign: string | undefined) => sign !== undefined && /^ {2,}$/.test(sign);
