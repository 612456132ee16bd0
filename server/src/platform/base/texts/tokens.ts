import { createRequire } from 'node:module';
import { nextTurn } from '#platform/kernel';

/** Counts a text's tokens by one tokenizer. */
export type CountText = (text: string) => number;

/** Time is looked at after each of these. o200k_base takes about 3 ms for one. */
const BLOCK = 16_384;
/** A run without a change from space to letters is merged in time that grows with its square: 4 µs a letter at this length. */
const RUN = /\S{256}|\s{256}/g;
/** A cut makes at most so many tokens more or fewer, greedy as merging is. */
const A_CUT = 2;

/**
 * Counts a text by a tokenizer, in time that grows with its length alone. What is left when `isLate` says so counts by its
 * bytes, which no byte-level tokenizer passes.
 */
export function countBounded(text: string, count: CountText, isLate: () => boolean): number {
  let total = 0;
  for (let from = 0; from < text.length; ) {
    if (isLate()) return total + Buffer.byteLength(text.slice(from));
    const to = whole(text, Math.min(text.length, from + BLOCK));
    const block = text.slice(from, to);
    total += countRuns(block, count) + (to < text.length ? A_CUT : 0);
    from = to;
  }
  return total;
}

function countRuns(block: string, count: CountText): number {
  let total = 0;
  let from = 0;
  for (const { index, 0: run } of block.matchAll(RUN)) {
    const to = whole(block, index + run.length);
    total += count(block.slice(from, to)) + A_CUT;
    from = to;
  }
  return total + count(block.slice(from));
}

/** Never between the halves of a surrogate pair. */
function whole(text: string, at: number): number {
  const code = text.charCodeAt(at - 1);
  return code >= 0xd800 && code < 0xdc00 && at < text.length ? at + 1 : at;
}

type EncodingModule = {
  readonly countTokens: (
    text: string,
    options: { readonly allowedSpecial: Set<string>; readonly disallowedSpecial: Set<string> },
  ) => number;
};
/** Text that looks like a special token is the caller's text, and counts as such. */
const AS_TEXT = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };
let encoding: EncodingModule | undefined;

/**
 * Counts a text's tokens by o200k_base on this thread, never too few. The first call loads the tokenizer: 77 MB, 0.4 s. For texts that a
 * client may make long there is a thread of its own (platform/ai).
 */
export function countTokens(text: string): number {
  encoding ??= createRequire(import.meta.url)('gpt-tokenizer/encoding/o200k_base') as EncodingModule;
  const { countTokens: count } = encoding;
  return countBounded(
    text,
    (part) => count(part, AS_TEXT),
    () => false,
  );
}

/**
 * The same of a text of any length: 16,384 letters, which take 65 ms where no word is in them, and then others are let go on. It is
 * counted no further than to more than `most`.
 */
export async function countLongText(text: string, most = Number.POSITIVE_INFINITY): Promise<number> {
  let total = 0;
  for (let from = 0; from < text.length && total <= most; ) {
    const to = whole(text, Math.min(text.length, from + BLOCK));
    total += countTokens(text.slice(from, to)) + (to < text.length ? A_CUT : 0);
    from = to;
    await nextTurn();
  }
  return total;
}
