import {
  AppError,
  commitPoint,
  type DataKey,
  type JobId,
  type Origin,
  type Page,
  type ProductContext,
  type Transaction,
} from 'plinth/product';
import { z } from 'zod';
import {
  createItems,
  isMissingReference,
  type ItemKind,
  type LevelChange,
  type PageRequest,
} from '../items/items.ts';
import { sealedText } from '../items/sealed-text.ts';
import { type ChangeRequest, type Level, type MemberKey, scopeOf } from '../levels.ts';
import { type ExtractContext, type ExtractionJob, extractPatterns } from './extract.ts';
import { sessionsToRead } from './extract-store.ts';
import type { PatternKind } from './kinds.ts';
import { type ReleasedPattern, releasedPatterns } from './release.ts';
import {
  deletePattern,
  listPatterns,
  listSources,
  type PatternKey,
  type PatternRow,
  ratePattern,
  readPattern,
  renamePattern,
  setPatternLevel,
  type SourceRow,
  unratePattern,
} from './store.ts';

const CHANGE = commitPoint('coditect.pattern-change', 'another title or level of a pattern');
const RATE = commitPoint('coditect.pattern-rating', 'what a member thinks of a pattern');
const DELETE = commitPoint('coditect.pattern-delete', 'a pattern that is gone with its sources and ratings');

/** A pattern whose title and words are opened. */
export interface OpenPattern extends Omit<PatternRow, 'title' | 'texts' | 'source_id'> {
  readonly title: string | null;
  /** Texts of its first source: steps, problem and solution, or the statement. */
  readonly texts: readonly string[];
  readonly confidence: number;
}

export type OpenSource = Omit<SourceRow, 'texts'> & { readonly texts: readonly string[] };

interface ListRequest extends PageRequest {
  readonly kind?: PatternKind | undefined;
  readonly scope?: Level | undefined;
}

interface PatternChange extends LevelChange {
  readonly title?: string | null | undefined;
}

const KIND: ItemKind<PatternRow, OpenPattern> = {
  name: 'memory_pattern',
  notFound: 'pattern_not_found',
  commits: { change: CHANGE, remove: DELETE },
  read: readPattern,
  open: openPattern,
  setLevel: setPatternLevel,
  remove: deletePattern,
};

const LIST = { name: 'patterns', rows: listPatterns, open: openPattern };
const missing = () => new AppError('pattern_not_found');
const listOfTexts = z.array(z.string());

/** Patterns in the sessions of members. */
export function createPatterns(
  context: ExtractContext & Pick<ProductContext, 'jobs' | 'plan' | 'audit' | 'privacy'>,
) {
  const { db, ids, jobs, dataKeys, privacy } = context;
  const items = createItems(context, KIND);

  return {
    remove: items.remove,

    /** Its author changes all of it; an admin lowers its level. */
    async change(
      pattern: PatternKey & ChangeRequest,
      { title, ...level }: PatternChange,
    ): Promise<OpenPattern> {
      const { row } = await items.change(pattern, level, async (tx, key) => {
        if (title === undefined) return;
        const sealed = sealedText.patternTitle.seal(key, pattern, title);
        const [renamed] = await tx.run(renamePattern(pattern, sealed));
        if (renamed === undefined) throw await items.whyNotOwn(tx, pattern);
      });
      return row;
    },

    extract: (job: ExtractionJob) => extractPatterns(context, job),
    wake: () => jobs.wake(),

    /** Enqueues a job that finds patterns in some sessions, or in one's own, in the transaction of the call. */
    async askIn(
      tx: Transaction,
      member: MemberKey,
      {
        sessionIds,
        origin,
      }: { readonly sessionIds: readonly string[]; readonly origin: Pick<Origin, 'requestId'> },
    ): Promise<JobId> {
      const sessions = [...new Set(sessionIds)].toSorted();
      if (sessions.length > 0) {
        const readable = await tx.run(sessionsToRead(member, sessions));
        if (readable.length < sessions.length) throw new AppError('memory_session_not_found');
      }
      const id = ids.next<JobId>();
      const payload = { user_id: member.userId, session_ids: sessions.join(',') };
      const job = {
        id,
        kind: 'coditect.patterns',
        lane: 'batch',
        payload,
        requestId: origin.requestId,
      } as const;
      await tx.runAll(jobs.enqueueing(member.accountId, job));
      return id;
    },

    list: (member: MemberKey, { kind, scope, ...page }: ListRequest) =>
      items.list(member, LIST, { ...page, filters: { kind, scope } }),

    /** Releases over all accounts, of the last month. */
    async released(query: Parameters<typeof releasedPatterns>[1]): Promise<Page<ReleasedPattern>> {
      const [newest] = await privacy.releases();
      return releasedPatterns(newest, query);
    },

    async readWithSources(
      pattern: PatternKey,
    ): Promise<{ readonly row: OpenPattern; readonly sources: readonly OpenSource[] }> {
      const key = await dataKeys.of(pattern.accountId);
      const [[row], sources] = await db.member(scopeOf(pattern), [
        readPattern(pattern),
        listSources(pattern),
      ]);
      if (row === undefined) throw missing();
      return {
        row: openPattern(key, pattern, row),
        sources: sources.map((source) => ({ ...source, texts: openTexts(key, pattern, source) })),
      };
    },

    /** Null takes one's rating back. */
    async rate(pattern: PatternKey, isHelpful: boolean | null): Promise<OpenPattern> {
      const key = await dataKeys.of(pattern.accountId);
      const rating = isHelpful === null ? unratePattern(pattern) : ratePattern(pattern, isHelpful);
      try {
        const [, [row]] = await db.member(scopeOf(pattern), RATE, [rating, readPattern(pattern)] as const);
        if (row === undefined) throw missing();
        return openPattern(key, pattern, row);
      } catch (error) {
        // It was deleted meanwhile.
        throw isMissingReference(error) ? missing() : error;
      }
    },
  };
}

function openPattern(
  key: DataKey,
  member: MemberKey,
  { title, texts, source_id, ...row }: PatternRow,
): OpenPattern {
  return {
    ...row,
    title: sealedText.patternTitle.open(key, { ...member, id: row.id }, title),
    texts: openTexts(key, member, { id: source_id, texts }),
    confidence: confidenceOf(row),
  };
}

function openTexts(
  key: DataKey,
  member: MemberKey,
  { id, texts }: Pick<SourceRow, 'id' | 'texts'>,
): string[] {
  return listOfTexts.parse(JSON.parse(sealedText.sourceTexts.open(key, { ...member, id }, texts)));
}

/**
 * Laplace's rule of succession with one failure beforehand: each session that a pattern is drawn from, and each member who finds it
 * helpful, is for it; each session in which it was otherwise, and each member who does not, is against it.
 */
export function confidenceOf(
  row: Pick<PatternRow, 'sessions' | 'helpful' | 'unhelpful' | 'against'>,
): number {
  const good = row.sessions + row.helpful;
  return Math.round((1_000 * good) / (good + row.against + row.unhelpful + 1)) / 1_000;
}
