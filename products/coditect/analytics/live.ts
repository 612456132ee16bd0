import { setTimeout as wait } from 'node:timers/promises';
import { AppError, type ProductContext, type Wire } from 'plinth/product';
import { type NowRow, readNow } from './activity-store.ts';

/** Milliseconds between two frames: each is a read over all accounts. */
const BETWEEN = 5_000;

interface Follower {
  /** How long frames come before the answer. */
  readonly seconds: number;
  readonly wire: Pick<Wire, 'socket'>;
  readonly signal: AbortSignal;
}

export type LiveFigures = Omit<NowRow, 'at'> & { readonly at: string };

/** Figures of all accounts of this instant: by a socket again and again, and at last as the answer. */
export async function followNow(
  { db }: Pick<ProductContext, 'db'>,
  { seconds, wire: { socket }, signal }: Follower,
): Promise<LiveFigures> {
  for (let left = socket === undefined ? 0 : seconds * 1_000; ; left -= BETWEEN) {
    const [[row]] = await db.system('coditect.activity', [readNow]);
    if (row === undefined) throw new Error('a sum without a group has one row');
    const figures = { ...row, at: row.at.toISOString() };
    if (socket === undefined || left <= 0) return figures;
    if (!(await socket.send(JSON.stringify(figures)))) throw new AppError('client_gone');
    // A server that stops says so itself.
    await wait(Math.min(left, BETWEEN), undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
