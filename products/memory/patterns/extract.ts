import { createHmac } from 'node:crypto';
import {
  AppError,
  commitPoint,
  type DataKey,
  nextTurn,
  type ProductContext,
  type RunningJob,
  type Transaction,
  type UserId,
} from 'plinth/product';
import { sealedText } from '../items/sealed-text.ts';
import { type MemberKey, scopeOf } from '../levels.ts';
import type { OpenMessage } from '../sessions/open-message.ts';
import type { SessionKey } from '../sessions/store.ts';
import {
  holdSessions,
  insertSources,
  knownPatterns,
  lockExtraction,
  settlePatterns,
  MOST_SOURCES,
  type NewSource,
  sessionsToRead,
  type StoredPattern,
  storePatterns,
} from './extract-store.ts';
import { createFinder } from './finding/finder.ts';
import { type FoundPattern, type Occurrence, sessionsOf, THRESHOLDS } from './finding/pattern.ts';
import type { PatternKind } from './kinds.ts';

const STORED = commitPoint(
  'coditect.patterns-stored',
  'some of the patterns that a job has found, with their sources, and how far it is',
);

const PATTERNS_AT_ONCE = 20;
const HASH_BYTES = 16;
/** So much of a quote is shown. */
const LONGEST_TEXT = 300;

export interface ExtractContext extends Pick<ProductContext, 'db' | 'ids' | 'dataKeys'> {
  readonly everyMessage: (session: SessionKey, signal: AbortSignal) => AsyncIterable<OpenMessage>;
}

/** Facts of its job that extraction needs. */
export type ExtractionJob = Pick<RunningJob, 'accountId' | 'payload' | 'signal' | 'progressing'>;

/** Runs a job that finds patterns. Run again, it finds and stores the same. */
export async function extractPatterns(context: ExtractContext, job: ExtractionJob): Promise<void> {
  const member: MemberKey = { accountId: job.accountId, userId: (job.payload['user_id'] ?? '') as UserId };
  const named = job.payload['session_ids'] ?? '';
  const [sessions] = await context.db.member(scopeOf(member), [
    sessionsToRead(member, named === '' ? [] : named.split(',')),
  ]);
  const finder = createFinder();
  for (const { id } of sessions) {
    await readSession(context, { session: { ...member, id }, finder, signal: job.signal });
  }
  const found: FoundPattern[] = [];
  for (const pattern of finder.find()) {
    if (pattern !== undefined) found.push(pattern);
    await nextTurn();
    job.signal.throwIfAborted();
  }
  await storeAll(context, { member, found, job });
}

async function readSession(
  { everyMessage }: ExtractContext,
  {
    session,
    finder,
    signal,
  }: {
    readonly session: SessionKey;
    readonly finder: ReturnType<typeof createFinder>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  try {
    for await (const { id, role, text, recalled } of everyMessage(session, signal))
      if (text !== null && !recalled) finder.read({ sessionId: session.id, id, role, text });
  } catch (error) {
    // It was deleted, or is shown to others now: what was read of it counts no more when patterns are stored.
    if (!(error instanceof AppError) || error.code !== 'memory_session_not_found') throw error;
  }
  finder.endSession(session.id);
}

interface Storing {
  readonly member: MemberKey;
  readonly found: readonly FoundPattern[];
  readonly job: ExtractionJob;
}

async function storeAll(context: ExtractContext, { member, found, job }: Storing): Promise<void> {
  const { db, dataKeys } = context;
  const key = await dataKeys.of(member.accountId);
  for (let done = 0; done < found.length; done += PATTERNS_AT_ONCE) {
    const some = found.slice(done, done + PATTERNS_AT_ONCE);
    await db.member(scopeOf(member), STORED, async (tx) => {
      await storeIn(tx, context, { member, key, found: some });
      await tx.run(job.progressing(Math.min(done + PATTERNS_AT_ONCE, found.length), found.length));
    });
    await nextTurn();
  }
}

async function storeIn(
  tx: Transaction,
  context: ExtractContext,
  {
    member,
    key,
    found,
  }: { readonly member: MemberKey; readonly key: DataKey; readonly found: readonly FoundPattern[] },
): Promise<void> {
  await tx.run(lockExtraction(member));
  const cited = new Set(found.flatMap(({ occurrences }) => occurrences.map(({ sessionId }) => sessionId)));
  const held = new Set((await tx.run(holdSessions([...cited]))).map(({ id }) => id));
  const keyOf = keysOfPatterns(key);
  const present = found
    .map((pattern) => ({ ...pattern, occurrences: chosenOf(pattern.occurrences, held) }))
    .filter(({ occurrences }) => sessionsOf(occurrences) >= THRESHOLDS.sessions);
  const keys = new Set(
    present.flatMap(({ kind, occurrences }) => occurrences.map((one) => keyOf(kind, one))),
  );
  const known = new Map(
    (await tx.run(knownPatterns(member, [...keys]))).map(({ id, key: own }) => [own, id]),
  );
  const patterns = new Map<string, StoredPattern>();
  const sources: NewSource[] = [];
  for (const { kind, tools, against, occurrences } of present) {
    const own = occurrences.map((one) => keyOf(kind, one));
    const id = own.map((one) => known.get(one)).find((one) => one !== undefined) ?? context.ids.next();
    for (const one of own) known.set(one, id);
    if (!patterns.has(id)) patterns.set(id, { id, kind, key: own[0] ?? '', tools, against });
    sources.push(
      ...occurrences.map((one) => sourceOf(context, { member, key, id, hash: keyOf(kind, one) }, one)),
    );
  }
  if (patterns.size === 0) return;
  await tx.runAll([
    // In the order in which a call that lowers or deletes a session locks them.
    storePatterns(
      member,
      [...patterns.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    ),
    insertSources(member, sources),
    settlePatterns([...patterns.keys()]),
  ]);
}

/** Among sessions that may be read: the first occurrence in each of them, then others, as many as a pattern cites. */
function chosenOf(occurrences: readonly Occurrence[], held: ReadonlySet<string>): Occurrence[] {
  const first: Occurrence[] = [];
  const others: Occurrence[] = [];
  const seen = new Set<string>();
  for (const one of occurrences.filter(({ sessionId }) => held.has(sessionId))) {
    (seen.has(one.sessionId) ? others : first).push(one);
    seen.add(one.sessionId);
  }
  return [...first, ...others].slice(0, MOST_SOURCES);
}

/** Keyed hashes of what patterns are, by which they are known again. */
function keysOfPatterns(key: DataKey) {
  const secret = key.derive('memory patterns');
  const known = new Map<string, string>();
  return (kind: PatternKind, { content }: Occurrence): string => {
    const named = `${kind} ${content}`;
    const hash =
      known.get(named) ??
      createHmac('sha256', secret).update(named).digest().subarray(0, HASH_BYTES).toString('hex');
    known.set(named, hash);
    return hash;
  };
}

function sourceOf(
  { ids }: ExtractContext,
  {
    member,
    key,
    id: patternId,
    hash,
  }: { readonly member: MemberKey; readonly key: DataKey; readonly id: string; readonly hash: string },
  { sessionId, quotes }: Occurrence,
): NewSource {
  const id = ids.next();
  const [beginning] = quotes;
  const texts = JSON.stringify(quotes.map(({ text }) => text.slice(0, LONGEST_TEXT).toWellFormed()));
  return {
    id,
    pattern_id: patternId,
    session_id: sessionId,
    message_id: beginning?.messageId ?? '',
    first: beginning?.span[0] ?? 0,
    key: hash,
    spans: quotes.map(({ messageId, span: [from, until] }) => [messageId, from, until] as const),
    texts: sealedText.sourceTexts.seal(key, { ...member, id }, texts).toString('base64'),
  };
}
