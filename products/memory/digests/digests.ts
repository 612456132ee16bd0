import {
  AppError,
  commitPoint,
  PLATFORM_ACCOUNT,
  type ProductContext,
  type RunningJob,
} from 'plinth/product';
import { scopeOf } from '../levels.ts';
import type { OpenMessage } from '../sessions/open-message.ts';
import type { SessionKey } from '../sessions/store.ts';
import { storeSummary } from '../sessions/summary-store.ts';
import { gatherMessages, sealSummary } from '../sessions/summary.ts';
import { drawIn, gatherDecided } from './drawn-decisions.ts';
import { lockDigested, nextDue, setProcessed, takeSessions } from './store.ts';

const ASKED = commitPoint('coditect.digest-asked', 'the job that digests the sessions that are due');
const TAKEN = commitPoint('coditect.digest-taken', 'which sessions this process digests now');
const STORED = commitPoint(
  'coditect.digest-stored',
  'the summary of a session, decisions drawn from it, and how many of its messages they are of',
);

/** Milliseconds after a message was stored: the session is due by then (`digestWait`). */
const SOON = 1_100;
/** The schedule looks each minute. */
const LATEST = 60_000;

interface Context extends Pick<ProductContext, 'db' | 'ids' | 'jobs' | 'dataKeys'> {
  readonly everyMessage: (session: SessionKey, signal: AbortSignal) => AsyncIterable<OpenMessage>;
}

/** Digests that are drawn from sessions after messages were stored, by a job: a call that stores a message does not wait for it, or write a row more. */
export function createDigests(context: Context) {
  const { db, ids, jobs } = context;
  const alarm = createAlarm(async () => {
    const job = { kind: 'coditect.digests', lane: 'batch', payload: {}, requestId: ids.next() } as const;
    await db.system('coditect.digests', ASKED, jobs.enqueueing(PLATFORM_ACCOUNT, job));
    jobs.wake();
  });

  return {
    /** Has sessions digested, to which messages came just now. */
    soon: () => alarm(SOON),

    digest: (session: SessionKey, signal: AbortSignal) => digest(context, session, signal),

    /** Digests all sessions that are due; what one run leaves the next one finds. */
    async run({ signal }: Pick<RunningJob, 'signal'>): Promise<void> {
      let failure: unknown;
      for (;;) {
        const [taken] = await db.system('coditect.digests', TAKEN, [takeSessions]);
        if (taken.length === 0) break;
        for (const { account_id: accountId, author_id: userId, id, digest_at } of taken)
          if (digest_at !== null)
            await digest(context, { accountId, userId, id }, signal).catch((error: unknown) => {
              signal.throwIfAborted();
              failure ??= error;
            });
      }
      const [[next]] = await db.system('coditect.digests', [nextDue]);
      const wait = next?.milliseconds ?? LATEST;
      if (wait < LATEST) alarm(Math.max(SOON, wait));
      if (failure !== undefined) throw failure;
    },
  };
}

/** Digested again, it comes to the same. */
async function digest(context: Context, session: SessionKey, signal: AbortSignal): Promise<void> {
  const { db, ids, dataKeys, everyMessage } = context;
  const said = gatherMessages();
  const decided = gatherDecided();
  let messages = 0;
  let until: Date | null = null;
  try {
    for await (const message of everyMessage(session, signal)) {
      said.add(message);
      decided.add(message);
      messages += 1;
      until = message.said_at;
    }
  } catch (error) {
    if (error instanceof AppError && error.code === 'memory_session_not_found') return;
    throw error;
  }
  const key = await dataKeys.of(session.accountId);
  const drawn = sealSummary(key, session, await said.gathered());
  await db.member(scopeOf(session), STORED, async (tx) => {
    const [own] = await tx.run(lockDigested(session, messages));
    if (own === undefined) return;
    await drawIn(tx, ids, { key, session, own, found: decided.found });
    await tx.runAll([storeSummary(session, { drawn, messages }), setProcessed(session, { messages, until })]);
  });
}

/** Calls after some milliseconds, once for all who ask until then; a call that fails is made by the schedule. */
function createAlarm(ring: () => Promise<void>): (milliseconds: number) => void {
  let at = Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  return (milliseconds) => {
    const due = performance.now() + milliseconds;
    if (due >= at) return;
    clearTimeout(timer);
    at = due;
    timer = setTimeout(() => {
      at = Number.POSITIVE_INFINITY;
      ring().catch(() => {});
    }, milliseconds).unref();
  };
}
