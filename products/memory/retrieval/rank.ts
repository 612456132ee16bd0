import { namedDaysIn } from 'plinth/product';
import type { Days, Question } from './question.ts';
import { termsOf } from './terms.ts';

/** A turn: words of one speaker, in its place of a session. */
export interface Turn {
  readonly id: string;
  readonly session: string;
  /** Its number in the session; those beside it are one more and one less. */
  readonly seq: number;
  readonly speaker: string;
  readonly text: string;
  readonly saidAt: Date;
  /** The terms that `termsOf` makes of its text, where the caller has kept it. */
  readonly terms?: ReadonlyMap<string, number>;
}

/** Statistics of all turns that the caller may read. */
export interface Statistics {
  readonly turns: number;
  /** Terms of a turn, with repetitions. */
  readonly averageLength: number;
  /** In how many turns each of the question's terms stands. */
  readonly frequencies: ReadonlyMap<string, number>;
}

/** Why a turn was found. */
export type Reason =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'speaker'; readonly speaker: string }
  | { readonly kind: 'date'; readonly day: string }
  | { readonly kind: 'neighbour'; readonly words: readonly string[] }
  | { readonly kind: 'session'; readonly words: readonly string[] };

export interface RankedTurn {
  readonly turn: Turn;
  readonly score: number;
  readonly why: readonly Reason[];
}

export type Rank = (question: Question, candidates: readonly Turn[], statistics: Statistics) => RankedTurn[];

/** docs/memory-retrieval.md says what each is worth. */
export const WEIGHTS = {
  /** BM25 of a turn: how soon repetition stops to count, and how much length does. */
  k1: 1.2,
  b: 0.4,
  /** Weight of the turns around, and what is left at each step. */
  window: 0.6,
  decay: 0.5,
  /** Weight that is left of a question that the turn before asked. */
  asked: 1,
  reach: 2,
  /** Weight of the session as a whole. */
  session: 0.3,
  sessionK1: 3,
  /** Weight of the share of the question's words that a turn and those around have. */
  coverage: 0.5,
  speaker: 0.6,
  day: 0.5,
  timeWord: 0.15,
  asking: 0.3,
};
type Weights = typeof WEIGHTS;

const DAY = 86_400_000;
/** Characters of a longer text: its beginning is looked at for days and times, and its end for a question mark. */
const LONGEST = 4_000;
const TIME_WORD =
  /\b(?:today|tonight|yesterday|tomorrow|ago|last|next|since|until|week|weekend|month|year|(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|october|november|december|spring|summer|autumn|winter|morning|night|christmas|easter|(?:19|20)\d\d|\d{1,2}(?:st|nd|rd|th)|gestern|heute|morgen|vor|hier|demain|ayer|mañana)\b/iu;
const ASKS = /\?["'”’)]?\s*$/u;

/** Worth of the question's terms, by the words that they are of. */
interface Worth {
  readonly numbers: ReadonlyMap<string, number>;
  /** For each term: its rarity, and the number of its word. */
  readonly rarities: readonly number[];
  readonly owners: readonly number[];
  readonly words: number;
  /** For each word the most that one of its terms is worth, together; those that stand nowhere left out. */
  readonly all: number;
}

/** The terms of most turns: nothing is put in. */
const NONE: number[] = [];

/** A turn with those of its terms that are the question's. */
interface Scored {
  readonly turn: Turn;
  /** Numbers of terms, and how often each stands. */
  readonly terms: readonly number[];
  readonly counts: readonly number[];
  readonly length: number;
}

/** The best turns first, by the sum of what they, those around them and their session have of the question. */
export function rankTurns(
  question: Question,
  candidates: readonly Turn[],
  statistics: Statistics,
): RankedTurn[] {
  return rankWith(WEIGHTS)(question, candidates, statistics);
}

/** The same with other weights, for those who measure. */
export function rankWith(weights: Weights): Rank {
  return (question, candidates, statistics) => {
    const worth = worthOf(question, statistics);
    const tally = createTally(worth, weights);
    const ranked: Match[] = [];
    for (const session of sessionsOf(candidates.map((turn) => countsOf(turn, worth)))) {
      for (const one of session.values()) tally.add(one, 1);
      const whole = weights.session * tally.sum(weights.sessionK1);
      tally.clear();
      for (const one of session.values()) {
        tally.add(one, 1);
        const own = tally.sum(normOf(one, statistics, weights));
        tally.addAround(one, session);
        const near = weights.window * tally.sum(weights.k1) + weights.coverage * tally.sum(0);
        const words = tally.isEmpty() ? 0 : own + near + whole;
        tally.clear();
        const days = daysOf(question, one.turn, words > 0);
        if (words === 0 && days === undefined) continue;
        const score = words + boostsOf(question, { turn: one.turn, days, words, all: worth.all }, weights);
        if (score > 0) ranked.push(new Match({ one, session, question }, score));
      }
    }
    return ranked.sort((one, other) => other.score - one.score);
  };
}

function worthOf({ terms, words }: Question, { frequencies, turns }: Statistics): Worth {
  const names = [...new Set([...words.values()].map(({ word }) => word))];
  const best = names.map(() => 0);
  const owners = terms.map((term) => names.indexOf(words.get(term)?.word ?? ''));
  const rarities = terms.map((term, index) => {
    const frequency = frequencies.get(term) ?? 0;
    const rarity = (words.get(term)?.weight ?? 1) * rarityOf(frequency, turns);
    const owner = owners[index] ?? 0;
    if (frequency > 0) best[owner] = Math.max(best[owner] ?? 0, rarity);
    return rarity;
  });
  return {
    numbers: new Map(terms.map((term, index) => [term, index])),
    rarities,
    owners,
    words: names.length,
    all: best.reduce((sum, one) => sum + one, 0),
  };
}

/** The rarer, the more it says: ln(1 + (N − n + ½) / (n + ½)). */
function rarityOf(frequency: number, turns: number): number {
  return Math.log(1 + (Math.max(turns, frequency) - frequency + 0.5) / (frequency + 0.5));
}

function countsOf(turn: Turn, { numbers }: Worth): Scored {
  let terms = NONE;
  let counts = NONE;
  let length = 0;
  (turn.terms ?? termsOf(turn.text)).forEach((count, term) => {
    length += count;
    const number = numbers.get(term);
    if (number === undefined) return;
    if (terms === NONE) [terms, counts] = [[], []];
    terms.push(number);
    counts.push(count);
  });
  return { turn, terms, counts, length };
}

/** Candidates by session, and in each by their number. */
function sessionsOf(scored: readonly Scored[]): Iterable<ReadonlyMap<number, Scored>> {
  const sessions = new Map<string, Map<number, Scored>>();
  for (const one of scored) {
    const session = sessions.get(one.turn.session);
    if (session === undefined) sessions.set(one.turn.session, new Map([[one.turn.seq, one]]));
    else session.set(one.turn.seq, one);
  }
  return sessions.values();
}

/** BM25's measure of repetition for a turn of this length. */
function normOf({ length }: Scored, { averageLength }: Statistics, { k1, b }: Weights): number {
  return k1 * (1 - b + (b * length) / Math.max(1, averageLength));
}

/** Counts of terms that are added up, and what they are worth together. One serves all turns: it is cleared for the next. */
interface Tally {
  add(one: Scored, share: number): void;
  /** The turns around, the less the farther. */
  addAround(one: Scored, session: ReadonlyMap<number, Scored>): void;
  isEmpty(): boolean;
  /** Sums the best of each word's terms, repetition counting less and less; with a `k1` of zero, whether it is there at all. */
  sum(k1: number): number;
  clear(): void;
}

function createTally({ rarities, owners, words }: Worth, { reach, decay, asked }: Weights): Tally {
  const counts = new Float64Array(rarities.length);
  const best = new Float64Array(words);
  let present: number[] = [];
  function add({ terms, counts: added }: Scored, share: number): void {
    for (let at = 0; at < terms.length; at += 1) {
      const term = terms[at] ?? 0;
      if (counts[term] === 0) present.push(term);
      counts[term] = (counts[term] ?? 0) + share * (added[at] ?? 0);
    }
  }
  return {
    add,
    addAround({ turn }, session) {
      for (let step = 1; step <= reach; step += 1) {
        const [before, after] = [session.get(turn.seq - step), session.get(turn.seq + step)];
        const isReply = step === 1 && before !== undefined && ASKS.test(before.turn.text.slice(-LONGEST));
        if (before !== undefined) add(before, isReply ? asked : decay ** step);
        if (after !== undefined) add(after, decay ** step);
      }
    },
    isEmpty: () => present.length === 0,
    sum(k1) {
      let sum = 0;
      for (const term of present) {
        const count = counts[term] ?? 0;
        const share = k1 === 0 ? Math.min(1, count) : (count * (1 + k1)) / (count + k1);
        const more = (rarities[term] ?? 0) * share - (best[owners[term] ?? 0] ?? 0);
        if (more <= 0) continue;
        sum += more;
        best[owners[term] ?? 0] = more + (best[owners[term] ?? 0] ?? 0);
      }
      for (const term of present) best[owners[term] ?? 0] = 0;
      return sum;
    },
    clear() {
      for (const term of present) counts[term] = 0;
      present = [];
    },
  };
}

/** Other reasons for a turn than its words, and against it. */
function boostsOf(
  question: Question,
  of: { readonly turn: Turn; readonly days: Days | undefined; readonly words: number; readonly all: number },
  weights: Weights,
): number {
  const { turn, days, words, all } = of;
  let score = 0;
  if (question.people.includes(turn.speaker)) score += weights.speaker * all;
  if (days !== undefined) score += weights.day * shareOfDays(days) * Math.max(all, 1);
  if (question.asksWhen && TIME_WORD.test(turn.text.slice(0, LONGEST))) score += weights.timeWord * all;
  if (ASKS.test(turn.text.slice(-LONGEST))) score -= weights.asking * words;
  return score;
}

/** The days of a question on which a turn was said, or of which it speaks; its text is read where a word was found as well. */
function daysOf({ days }: Question, { saidAt, text }: Turn, readsText: boolean): Days | undefined {
  if (days.length === 0) return undefined;
  const said = saidAt.getTime();
  const within = days.find(({ from, to }) => from <= said && said < to);
  if (within !== undefined || !readsText) return within;
  const named = namedDaysIn(text.slice(0, LONGEST), saidAt);
  return days.find((asked) => named.some(({ first, last }) => first <= asked.last && asked.first <= last));
}

/** The longer a time, the less it says of a turn that it is of it: all of a month, a twelfth of a year. */
function shareOfDays({ from, to }: Days): number {
  return Math.min(1, (31 * DAY) / (to - from));
}

interface Source {
  readonly one: Scored;
  readonly session: ReadonlyMap<number, Scored>;
  readonly question: Question;
}

/** Its reasons are looked for when they are read: few of many turns are shown. */
class Match implements RankedTurn {
  readonly turn: Turn;
  readonly score: number;
  readonly source: Source;

  constructor(source: Source, score: number) {
    this.turn = source.one.turn;
    this.score = score;
    this.source = source;
  }

  get why(): Reason[] {
    return reasonsOf(this.source);
  }
}

function reasonsOf({ question, session, one }: Source): Reason[] {
  const reasons: Reason[] = [];
  const seen = new Set<string>();
  const addWords = (kind: 'words' | 'neighbour' | 'session', scored: Iterable<Scored>): void => {
    const words = new Set<string>();
    for (const { terms } of scored) {
      for (const number of terms) {
        const term = question.terms[number] ?? '';
        const word = question.words.get(term)?.word ?? term;
        if (!seen.has(word)) words.add(word);
      }
    }
    for (const word of words) seen.add(word);
    if (words.size > 0) reasons.push({ kind, words: [...words] });
  };
  addWords('words', [one]);
  addWords(
    'neighbour',
    [-1, 1, -2, 2].flatMap((step) => session.get(one.turn.seq + step) ?? []),
  );
  addWords('session', session.values());
  if (question.people.includes(one.turn.speaker))
    reasons.push({ kind: 'speaker', speaker: one.turn.speaker });
  const days = daysOf(question, one.turn, true);
  if (days !== undefined) reasons.push({ kind: 'date', day: days.first });
  return reasons;
}
