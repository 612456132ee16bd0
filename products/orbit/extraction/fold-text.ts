/** A text as quotes are looked for in it, and where in the original each of its characters began. */
export interface FoldedText {
  readonly text: string;
  readonly at: readonly number[];
  /** Where in the original each character's source ends. */
  readonly end: readonly number[];
}

/** One character after normalisation, and the stretch of the original that it stands for. */
interface Sign {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** Characters that normalisation may compose: a letter with its marks, and Hangul written in parts. */
const CLUSTER = /[\u1100-\u11ff]+|\P{M}\p{M}*|\p{M}+/gu;
/** Soft hyphens, joiners and marks of direction: a reader sees none of them. */
const UNSEEN = /^[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]$/u;
const SINGLE = /[‘’‚‛′]/gu;
const DOUBLE = /[“”„‟«»″]/gu;
const DASH = /[\u2010-\u2015\u2212]/gu;

/**
 * Folds what two copies of one text differ in: runs of white space, Unicode forms (NFKC), quotation marks, dashes, unseen
 * characters, and hyphens between letters, because a hyphen at a line's end may belong to the word or not. Letters keep
 * their case.
 */
export function foldText(text: string): FoldedText {
  const signs = signsOf(text);
  const kept: Sign[] = [];
  for (let n = 0; n < signs.length; n += 1) {
    const sign = signs[n];
    if (sign === undefined) break;
    if (isBlank(sign)) {
      if (kept.length > 0 && kept.at(-1)?.text !== ' ') kept.push({ ...sign, text: ' ' });
      continue;
    }
    const next = sign.text === '-' && isLetter(kept.at(-1)) ? afterHyphen(signs, n) : undefined;
    if (next === undefined) kept.push(sign);
    else n = next - 1;
  }
  if (kept.at(-1)?.text === ' ') kept.pop();
  return {
    text: kept.map((sign) => sign.text).join(''),
    at: kept.map(({ from }) => from),
    end: kept.map(({ to }) => to),
  };
}

/** UTF-16 units, each with the stretch that it came from. */
function signsOf(text: string): Sign[] {
  const signs: Sign[] = [];
  for (const { 0: cluster, index } of text.matchAll(CLUSTER)) {
    if (UNSEEN.test(cluster)) continue;
    const plain = cluster.normalize('NFKC').replace(SINGLE, "'").replace(DOUBLE, '"').replace(DASH, '-');
    for (const unit of plain.split('')) signs.push({ text: unit, from: index, to: index + cluster.length });
  }
  return signs;
}

function isBlank(sign: Sign | undefined): boolean {
  return sign !== undefined && /\s/u.test(sign.text);
}

function isLetter(sign: Sign | undefined): boolean {
  return sign !== undefined && /\p{L}/u.test(sign.text);
}

/** Where the word goes on after a hyphen, over one line break at most; undefined where it is a dash or an end. */
function afterHyphen(signs: readonly Sign[], hyphen: number): number | undefined {
  let next = hyphen + 1;
  while (isBlank(signs[next])) next += 1;
  const between = signs.slice(hyphen + 1, next).map(({ text }) => text);
  const isBreak = between.length === 0 || between.filter((text) => text === '\n').length === 1;
  return isBreak && isLetter(signs[next]) ? next : undefined;
}

/** Runs of white space as one blank, as citations are kept. */
export function collapseSpaces(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').trim();
}
