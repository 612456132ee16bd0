import type { Token } from './fold.ts';
import type { Place } from './matcher.ts';

/** Words of a text, from one up to another that is none of them. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Words that begin a clause. */
const CONJUNCTIONS = new Set(['and', 'but', 'und', 'aber', 'et', 'mais', 'y', 'pero']);
/** A German clause that begins so hangs on the verb before it: `ich habe nicht vor, mich umzubringen`. */
const DEPENDENT = new Set(['mich', 'mir', 'um', 'dass', 'zu']);
/** A pause behind these begins direct speech, which is the speaker's. */
const SPEECH = new Set(
  'says said thinks goes sings sagt sagte denkt singt dit disait pense chante dice dijo piensa canta'.split(
    ' ',
  ),
);

/** Which clause each word is in, counted over all sentences: a pause or a conjunction begins one. */
export function clausesOf(tokens: readonly Token[]): number[] {
  let clause = 0;
  return tokens.map(({ word, pauses }, at) => {
    const before = tokens[at - 1];
    if (before?.word === '') clause++;
    else if (before !== undefined) {
      const isPaused = before.pauses !== pauses && !SPEECH.has(before.word) && !DEPENDENT.has(word);
      const isJoined = CONJUNCTIONS.has(word) && !DEPENDENT.has(tokens[at + 1]?.word ?? '');
      if (isPaused || isJoined) clause++;
    }
    return clause;
  });
}

/** For each hit the clause in which it ends, and all clauses in which it stands; each span once. */
export function spansAround(hits: readonly Place[], clauses: readonly number[]): Span[] {
  const bounds = boundsOf(clauses);
  const spans = new Map<string, Span>();
  for (const hit of hits)
    for (const begin of [hit.to, hit.from]) {
      const [from = 0, to = clauses.length] = [bounds[begin]?.from, bounds[hit.to]?.to];
      spans.set(`${from} ${to}`, { from, to });
    }
  return [...spans.values()];
}

/** For each word the span of the words that have its number. */
function boundsOf(numbers: readonly number[]): Span[] {
  const spans: { from: number; to: number }[] = [];
  return numbers.map((number, at) => {
    const span = (spans[number] ??= { from: at, to: at });
    span.to = at + 1;
    return span;
  });
}
