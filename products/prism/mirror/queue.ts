import {
  AppError,
  createFollowing,
  type Database,
  declareErrors,
  type WorkKey,
  workSignals,
} from 'plinth/product';
import { readWaiting } from './message-store.ts';

declareErrors({
  mirror_session_busy: {
    status: 409,
    message: 'Other messages to this session wait for their replies. Send yours again in a moment.',
  },
});

/** Signals of a session to all processes, by its id. */
export const signals = workSignals('prism.mirror');

/** Milliseconds that a message waits for those before it. */
const PATIENCE = 60_000;

/** The messages of a session are answered one after the other, whichever processes have them. */
export function createQueue(db: Database) {
  const { watch } = createFollowing<readonly number[]>(db, {
    signals,
    async read({ accountId, id }) {
      const [rows] = await db.tenant(accountId, [readWaiting(accountId, id)]);
      return rows.map(({ position }) => position);
    },
    statusOf: () => 'running',
  });

  /** Resolves when nothing is before a place. Throws `mirror_session_busy` when that takes too long, or the caller has left. */
  return async function turnOf(session: WorkKey, position: number, signal: AbortSignal): Promise<void> {
    const over = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
    for await (const [first = position] of watch(session, { on: 'moved', over }))
      if (first >= position) return;
    throw busy();
  };
}

export function busy(): AppError {
  return new AppError('mirror_session_busy', { retryAfter: 2 });
}
