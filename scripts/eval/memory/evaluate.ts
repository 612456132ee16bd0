import {
  packTurns,
  type Question,
  type RankedTurn,
  rankTurns,
  readQuestion,
  termsOf,
  type Turn,
} from '../../../products/memory/retrieval/index.ts';
import { type Rank, rankWith, WEIGHTS } from '../../../products/memory/retrieval/rank.ts';
import { plainBm25 } from './baseline.ts';
import { type Half, type History, KINDS, type LabelledQuestion, readHistories } from './histories.ts';

const TURNS = 10;
const TOKENS = 2_000;
/** As many turns as a search hands to the ranking, without those around them. */
const MOST_CANDIDATES = 120;
const MOST_OF_DAYS = 100;
const REACH = 2;

/** How much of the evidence was found, from 0 to 1. */
export interface Recall {
  readonly inTurns: number;
  readonly inTokens: number;
}

export interface QuestionResult {
  readonly history: string;
  readonly question: LabelledQuestion;
  readonly ours: Recall;
  readonly plain: Recall;
  /** Score of the best turn, by which an answer that is not there may be told. */
  readonly best: number;
}

type Search = (asked: string) => RankedTurn[];

/** What is measured, where it is not the whole. */
export interface Variant {
  readonly rank?: Rank;
  /** Without near words, where it gives none. */
  readonly near?: () => [];
}

/** Asks all questions of a half, of ours and of plain BM25; of each history `limit`, evenly spread. */
export async function evaluateMemory(
  half: Half,
  limit = Number.POSITIVE_INFINITY,
  variant: Variant = {},
): Promise<QuestionResult[]> {
  const results: QuestionResult[] = [];
  for (const history of readHistories(half)) {
    const ours = searchOf(history, variant);
    const plain = plainBm25(history.turns);
    const beside = neighboursIn(history.turns);
    const step = Math.max(1, Math.floor(history.questions.length / limit));
    const asked = history.questions.filter((_, index) => index % step === 0).slice(0, limit);
    for (const question of asked) {
      const found = ours(question.asked);
      results.push({
        history: history.name,
        question,
        ours: await recallOf(question, found, beside),
        plain: await recallOf(question, plain(question.asked), () => []),
        best: found[0]?.score ?? 0,
      });
    }
  }
  return results;
}

/** Looks for terms as the server does: turns that any of them leads to, cut by score, with those around them. */
export function searchOf(history: History, { rank = rankTurns, near }: Variant = {}): Search {
  const turns = history.turns.map((turn) => ({ ...turn, terms: termsOf(turn.text) }));
  const index = new Map<string, number[]>();
  for (const [place, { terms }] of turns.entries())
    for (const term of terms.keys()) index.set(term, [...(index.get(term) ?? []), place]);
  const lengths = turns.map(({ terms }) => [...terms.values()].reduce((sum, count) => sum + count, 0));
  const averageLength = lengths.reduce((sum, length) => sum + length, 0) / turns.length;
  return (asked) => {
    const question = readQuestion(asked, {
      speakers: history.speakers,
      now: history.now,
      ...(near === undefined ? {} : { near }),
    });
    const scores = new Map<number, number>();
    const frequencies = new Map<string, number>();
    for (const term of question.terms) {
      const places = index.get(term) ?? [];
      frequencies.set(term, places.length);
      for (const place of places)
        scores.set(place, (scores.get(place) ?? 0) + Math.log(1 + turns.length / places.length));
    }
    const best = [...scores].toSorted(([, one], [, other]) => other - one).slice(0, MOST_CANDIDATES);
    const ofDays = placesOfDays(turns, question.days);
    const around = new Set([...best.map(([place]) => place), ...ofDays].flatMap(placesAround));
    const candidates = [...around].flatMap((place) => turns[place] ?? []);
    return rank(question, candidates, { turns: turns.length, averageLength, frequencies });
  };
}

/** Turns that were said on the days that a question names, some of them where they are many. */
function placesOfDays(turns: readonly Turn[], days: Question['days']): number[] {
  if (days.length === 0) return [];
  const places = turns.flatMap(({ saidAt }, place) => {
    const day = saidAt.toISOString().slice(0, 10);
    return days.some(({ first, last }) => first <= day && day <= last) ? [place] : [];
  });
  return places.slice(0, MOST_OF_DAYS);
}

function placesAround(place: number): number[] {
  return Array.from({ length: 2 * REACH + 1 }, (_, step) => place + step - REACH);
}

export function neighboursIn(turns: readonly Turn[]): (turn: Turn) => Turn[] {
  const places = new Map(turns.map(({ id }, place) => [id, place]));
  return ({ id, session }) => {
    const place = places.get(id) ?? 0;
    return [turns[place + 1], turns[place - 1]].flatMap((near) => (near?.session === session ? [near] : []));
  };
}

export async function recallOf(
  { evidence }: LabelledQuestion,
  found: readonly RankedTurn[],
  beside: (turn: Turn) => readonly Turn[],
): Promise<Recall> {
  // What the call answers, in its order: neighbours take places among the first ten too.
  const answered = (await packTurns(found, { budget: TOKENS }, beside)).map(({ turn }) => turn.id);
  const [first, packed] = [new Set(answered.slice(0, TURNS)), new Set(answered)];
  const share = (ids: ReadonlySet<string>) =>
    evidence.length === 0 ? 0 : evidence.filter((id) => ids.has(id)).length / evidence.length;
  return { inTurns: share(first), inTokens: share(packed) };
}

/** What the recall of a half loses without one part. */
export interface Loss {
  readonly without: string;
  readonly lost: Recall;
}

function without(parts: readonly (keyof typeof WEIGHTS)[]): Variant {
  return { rank: rankWith({ ...WEIGHTS, ...Object.fromEntries(parts.map((part) => [part, 0])) }) };
}

/** Leaves out one part after the other. */
export async function measureParts(half: Half): Promise<Loss[]> {
  const whole = meanOf(answeredOf(await evaluateMemory(half)), 'ours');
  const around = ['window', 'session', 'coverage'] as const;
  const alone = [...around, 'speaker', 'day', 'timeWord', 'asking', 'asked'] as const;
  const variants: [string, Variant][] = [
    ['near words', { near: () => [] }],
    ['turns around and session', without(around)],
    ...alone.map((part): [string, Variant] => [part, without([part])]),
  ];
  const losses: Loss[] = [];
  for (const [name, variant] of variants) {
    const rest = meanOf(answeredOf(await evaluateMemory(half, Number.POSITIVE_INFINITY, variant)), 'ours');
    const lost = { inTurns: whole.inTurns - rest.inTurns, inTokens: whole.inTokens - rest.inTokens };
    losses.push({ without: name, lost });
  }
  return losses;
}

function answeredOf(results: readonly QuestionResult[]): QuestionResult[] {
  return results.filter(({ question }) => question.kind !== 'absent');
}

export interface MemoryScore {
  readonly half: Half;
  readonly questions: number;
  readonly ours: Recall;
  readonly plain: Recall;
  /** Our misses for each of plain BM25. */
  readonly misses: Recall;
  readonly kinds: Readonly<
    Record<string, { readonly questions: number; readonly ours: Recall; readonly plain: Recall }>
  >;
  /** How often the best turn of a question with an answer scores above that of one without. */
  readonly absentBelow: number;
}

export function scoreMemory(half: Half, results: readonly QuestionResult[]): MemoryScore {
  const answered = answeredOf(results);
  const absent = results.filter(({ question }) => question.kind === 'absent');
  const [ours, plain] = [meanOf(answered, 'ours'), meanOf(answered, 'plain')];
  const kinds = KINDS.flatMap((kind) => {
    const some = answered.filter(({ question }) => question.kind === kind);
    return some.length === 0
      ? []
      : [
          [
            kind,
            { questions: some.length, ours: meanOf(some, 'ours'), plain: meanOf(some, 'plain') },
          ] as const,
        ];
  });
  const pairs = answered.flatMap(({ best }) => absent.map((other) => (best > other.best ? 1 : 0)));
  return {
    half,
    questions: answered.length,
    ours,
    plain,
    misses: {
      inTurns: (1 - ours.inTurns) / (1 - plain.inTurns),
      inTokens: (1 - ours.inTokens) / (1 - plain.inTokens),
    },
    kinds: Object.fromEntries(kinds),
    absentBelow: pairs.reduce<number>((sum, pair) => sum + pair, 0) / pairs.length,
  };
}

function meanOf(results: readonly QuestionResult[], of: 'ours' | 'plain'): Recall {
  const mean = (part: keyof Recall) => results.reduce((sum, one) => sum + one[of][part], 0) / results.length;
  return { inTurns: mean('inTurns'), inTokens: mean('inTokens') };
}
