import { AppError, type ProductContext } from 'plinth/product';
import {
  type Layout,
  type PackedTurn,
  packTurns,
  type Question,
  type RankedTurn,
  rankTurns,
  readQuestion,
  type Reason,
  type Turn,
} from '../retrieval/index.ts';
import { wordsKey } from '../sessions/message-text.ts';
import type { MemberKey } from '../sessions/store.ts';
import { keysOf } from '../sessions/word-keys.ts';
import { searchTermsOf } from './search-terms.ts';
import { findTurns, readFound, readTurns } from './store.ts';
import {
  averageLengthOf,
  distinct,
  idsToRead,
  neighboursOf,
  openTurns,
  sourceOf,
  type TurnSource,
} from './turns.ts';

const LONGEST_QUERY = 10_000;
const LARGEST_BUDGET = 100_000;
/** So many turns are looked at, beside those around them. */
const MOST_TURNS = 120;

export interface ContextQuery {
  readonly query: string;
  readonly budget: number;
  /** Lines, where it is left out. */
  readonly layout?: Layout;
}

/** A turn that is handed out, with where it is from. */
export interface ContextTurn extends PackedTurn {
  readonly source: TurnSource;
}

/** Finds the parts of a member's memory, and of what others let them read, that a question needs. */
export function createMemoryContext({
  db,
  clock,
  dataKeys,
}: Pick<ProductContext, 'db' | 'clock' | 'dataKeys'>) {
  /**
   * The index's answer for some terms: turns with their texts, and in how many of all each term stands. Each read is a transaction of its
   * own: others have their turn in between.
   */
  async function search(member: MemberKey, keys: readonly string[]) {
    const scope = { account: member.accountId, user: member.userId };
    const [[hits]] = await db.member(scope, [findTurns(keys, MOST_TURNS)]);
    const [found] = await db.member(scope, [readFound(member, hits?.ids ?? [])]);
    const [rows] = await db.member(scope, [readTurns(member, idsToRead(found))]);
    return { rows, found, frequencies: hits?.frequencies ?? [] };
  }

  return {
    /** Turns in the order of their worth, in a budget of tokens. */
    async relevant(member: MemberKey, { query, budget, layout }: ContextQuery): Promise<ContextTurn[]> {
      assertAsked({ query, budget });
      const { accountId } = member;
      const key = await dataKeys.of(accountId);
      const now = new Date(clock.now());
      const asked = readQuestion(query, { speakers: [], now });
      const { terms, words } = searchTermsOf(asked, query);
      const indexKey = wordsKey(key);
      const keys = terms.flatMap((term) => keysOf(indexKey, term)).map(String);
      const { rows, found, frequencies } = await search(member, keys);
      const turns = await openTurns({ key, accountId }, rows, found);
      const speakers = [...new Set(turns.map(({ speaker }) => speaker))];
      const counts = new Map(
        words.flatMap((word, place) => {
          const frequency = frequencies[place + 1] ?? null;
          return frequency === null ? [] : [[word, frequency] as const];
        }),
      );
      const question = readQuestion(query, { speakers, now });
      const known = { ...question, terms: question.terms.filter((term) => counts.has(term)) };
      const ranked = rankTurns(known, turns, {
        turns: frequencies[0] ?? 0,
        averageLength: averageLengthOf(turns),
        frequencies: counts,
      });
      const best = ranked.length > 0 ? ranked : namedIn(question, turns);
      const byId = new Map(rows.map((row) => [row.id, row]));
      const packed = await packTurns(distinct(best), { budget, layout }, (turn) => neighboursOf(turn, turns));
      return packed.flatMap((one) => {
        const row = byId.get(one.turn.id);
        return row === undefined ? [] : [{ ...one, source: sourceOf({ key, accountId }, row) }];
      });
    },
  };
}

function assertAsked({ query, budget }: ContextQuery): void {
  if (query.length > LONGEST_QUERY) throw new AppError('query_too_long');
  if (!Number.isInteger(budget) || budget < 1 || budget > LARGEST_BUDGET)
    throw new AppError('budget_invalid');
}

/** For a question that has no words but names of people and days: what they said then, before what they said and what was said then; newest first. */
function namedIn({ people, days }: Question, turns: readonly Turn[]): RankedTurn[] {
  const newest = turns.toSorted((one, other) => other.saidAt.getTime() - one.saidAt.getTime());
  const named = newest.flatMap((turn) => {
    const day = turn.saidAt.toISOString().slice(0, 10);
    const why: Reason[] = [
      ...(people.includes(turn.speaker) ? [{ kind: 'speaker' as const, speaker: turn.speaker }] : []),
      ...(days.some(({ first, last }) => first <= day && day <= last)
        ? [{ kind: 'date' as const, day }]
        : []),
    ];
    return why.length === 0 ? [] : [{ turn, score: why.length, why }];
  });
  return named.toSorted((one, other) => other.score - one.score);
}
