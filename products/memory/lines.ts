/** The beginning of a longer message is read: what comes then is the output of a program. */
const READ = 100_000;
/** Longer lines are data. */
const LONGEST = 1_000;

/** A line of a text, and whether it stands in a block of code. */
export interface Line {
  readonly text: string;
  /** Its first UTF-16 unit in the text. */
  readonly start: number;
  readonly fence: 'shell' | 'code' | undefined;
}

const FENCE = /^\s*(?:```|~~~)\s*(\w*)/;
const OF_SHELL = new Set(['', 'bash', 'console', 'sh', 'shell', 'terminal', 'zsh']);

/** The lines of a text, without those that open or close a block. */
export function* linesOf(text: string): Generator<Line> {
  let fence: Line['fence'];
  for (let start = 0; start < Math.min(text.length, READ); ) {
    const end = text.indexOf('\n', start);
    const until = end < 0 ? text.length : end;
    if (until - start <= LONGEST) {
      const line = text.slice(start, until);
      const language = FENCE.exec(line)?.[1];
      if (language === undefined) yield { text: line, start, fence };
      else fence = fence === undefined ? (OF_SHELL.has(language) ? 'shell' : 'code') : undefined;
    }
    start = until + 1;
  }
}

/** A part of a text keeps all of the text in memory: this one is on its own. */
export const copyOf = (part: string): string => Buffer.from(part).toString();

/** Sentences of a text outside of its blocks of code. */
export function* sentencesOf(text: string): Generator<Omit<Line, 'fence'>> {
  for (const line of linesOf(text)) {
    if (line.fence !== undefined) continue;
    for (const { 0: found, index } of line.text.matchAll(/[^\s.!?][^.!?]*(?:[.!?](?!\s|$)[^.!?]*)*[.!?]?/g)) {
      const sentence = found.trimEnd();
      yield { text: sentence, start: line.start + index };
    }
  }
}
