import { LOOK_ALIKES } from './look-alikes.ts';

/** Letters that no eye sees, or that have no form: fillers of Hangul. */
const FILLERS = /[\u115f\u1160\u3164\uffa0]/gu;
const BETWEEN = /[^\p{L}\p{N}]/gu;
/** Greek capitals that look like another letter than their small ones do. */
const CAPITALS: Readonly<Record<string, string>> = { Η: 'h', Ζ: 'z', Μ: 'm', Ν: 'n', Υ: 'y' };
/** Within ASCII: a capital I, an l and a 1 are one stroke, and these pairs are read as one letter. */
const STROKES: readonly (readonly [RegExp, string])[] = [
  [/[1i]/g, 'l'],
  [/0/g, 'o'],
  [/rn/g, 'm'],
  [/vv/g, 'w'],
];

/**
 * What a name looks like: names that a reader takes for each other fold to the same text. Compatible forms, case, accents, look-alike
 * letters of other alphabets, separators and invisible characters are gone. For comparing alone: it is no name. Empty: nothing is seen.
 */
export function foldName(name: string): string {
  const capitals = Array.from(name.normalize('NFKD'), (sign) => CAPITALS[sign] ?? sign).join('');
  const bare = capitals.toLowerCase().normalize('NFKD');
  const letters = Array.from(bare, (sign) => LOOK_ALIKES[sign] ?? sign).join('');
  return STROKES.reduce(
    (text, [look, like]) => text.replace(look, like),
    letters.replace(BETWEEN, '').replace(FILLERS, ''),
  );
}
