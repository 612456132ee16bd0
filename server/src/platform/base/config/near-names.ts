/** Words that no other program's variables begin with: of these a word more or less is a slip too. */
const OURS = new Set(['SANDBOX', 'EMBEDDED', 'PASSKEY', 'CAPTCHA', 'QSTASH', 'MINIMAX']);
/** Below this many letters other words are near by chance: HOME is two letters from HOST, POST one from PORT. */
const SHORT = 8;
/** Words with so many letters may hold two slips. */
const LONG = 6;

/**
 * Names in the environment that are no settings, and nearly are: a line for each. Variables of other programs
 * must not stop the start, so a name counts only where the setting that it resembles is not there; one that is set to nothing
 * is there.
 */
export function nearNames(
  environment: Readonly<Record<string, string | undefined>>,
  settings: readonly string[],
): string[] {
  const known = new Set(settings);
  const missing = settings.filter((name) => environment[name] === undefined);
  return Object.keys(environment).flatMap((name) => {
    if (known.has(name)) return [];
    const meant = missing.find((setting) => isNear(name, setting));
    return meant === undefined
      ? []
      : [
          `Unknown setting ${name}. Did you mean ${meant}? If ${name} is for another program, set ${meant}= (empty).`,
        ];
  });
}

/** The nearest of some words to one that is none of them; undefined when none is near. */
export function nearestOf(word: string, words: readonly string[]): string | undefined {
  const near = words
    .map((one) => ({ one, slips: slips(word.toLowerCase(), one) }))
    .filter(({ one, slips: count }) => count <= Math.max(1, Math.floor(one.length / 3)));
  return near.toSorted((a, b) => a.slips - b.slips)[0]?.one;
}

function isNear(name: string, setting: string): boolean {
  if (name === `PLINTH_${setting}`) return true;
  if (setting.length < SHORT) return isSwapped(name, setting);
  if (name.toUpperCase() === setting) return true;
  if (isWordApart(name, setting)) return true;
  // Two slips at most, each of one letter: for most names length and letters say no. A start compares thousands of pairs.
  if (Math.abs(name.length - setting.length) > 2 || countOther(name, setting) > 4) return false;
  const count = slips(name, setting);
  return count === 1 || (count === 2 && countDiffering(name.split('_'), setting.split('_')) >= LONG);
}

/** A word more or less, of those that are ours. */
function isWordApart(name: string, setting: string): boolean {
  const [first = ''] = setting.split('_', 1);
  if (!OURS.has(first) || !name.startsWith(`${first}_`)) return false;
  const [words, wanted] = [name.split('_'), setting.split('_')];
  return isWithout(words, wanted) || isWithout(wanted, words);
}

/** At least so many letters are in one of two texts and not in the other; a slip makes two of them at most. */
function countOther(one: string, other: string): number {
  const counts = new Int8Array(32);
  // Letters and the underscore have five bits of their own.
  const add = (text: string, by: number) => {
    for (const letter of text) {
      const place = (letter.codePointAt(0) ?? 0) % counts.length;
      counts[place] = (counts[place] ?? 0) + by;
    }
  };
  add(one, 1);
  add(other, -1);
  return counts.reduce((sum, count) => sum + Math.abs(count), 0);
}

/** Two neighbours changed places, and nothing else: PROT. */
function isSwapped(name: string, setting: string): boolean {
  return (
    name.length === setting.length &&
    name !== setting &&
    slips(name, setting) === 1 &&
    sortLetters(name) === sortLetters(setting)
  );
}

const sortLetters = (text: string) => text.split('').toSorted().join('');

/** Whether a list is another one without one of its words. */
function isWithout(fewer: readonly string[], words: readonly string[]): boolean {
  return words.some((_word, at) => words.toSpliced(at, 1).join('_') === fewer.join('_'));
}

/** The letters of the words of a setting that a name does not share. */
function countDiffering(words: readonly string[], wanted: readonly string[]): number {
  return wanted.filter((word) => !words.includes(word)).join('').length;
}

/** Letters that were left out, put in, changed, or swapped with their neighbour (optimal string alignment). */
function slips(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_none, at) => at);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      const isSwap = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      next.push(
        Math.min(
          at(row, j) + 1,
          at(next, j - 1) + 1,
          at(row, j - 1) + same,
          isSwap ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [before, row] = [row, next];
  }
  return at(row, to.length);
}

const at = (row: readonly number[], index: number) => row[index] ?? Number.POSITIVE_INFINITY;
