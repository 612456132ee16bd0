import {
  type AccountId,
  actorOf,
  AppError,
  type Caller,
  commitPoint,
  type OccupiedSeat,
  type Origin,
  type Page,
  type ProductContext,
  timeList,
  type UserId,
} from 'plinth/product';
import type { Licenses } from '../licenses/license.ts';
import { endSessionsBySeats, seatsOf } from '../seats.ts';
import { releaseEvent } from './release-audit.ts';
import { closeSeats, listSessions, namesOf, type SessionRow } from './store.ts';

const FORCED = commitPoint('coditect.session-forced', 'a seat that an admin of the account ended');
const CLOSED = commitPoint('coditect.sessions-closed', 'sessions that ran out, in the history');

/** So many seats that ran out are written down at once. */
const A_ROUND = 1_000;

/** The holder of a seat. */
export interface SeatHolder {
  readonly seat: OccupiedSeat;
  readonly hardwareId: string;
  readonly machineName: string | null;
  readonly userId: UserId | null;
  readonly ip: string | null;
}

type Parts = Pick<ProductContext, 'db' | 'limits' | 'audit'> & { readonly licenses: Licenses };

/** Present and former holders of seats. */
export function createHolders({ db, limits, audit, licenses }: Parts) {
  const { seats } = limits;

  async function list(accountId: AccountId): Promise<SeatHolder[]> {
    const held = await seats.list(seatsOf(accountId));
    const [names] = await db.tenant(accountId, [
      namesOf(
        accountId,
        held.map(({ id }) => id),
      ),
    ]);
    const byId = new Map(names.map((row) => [row.id, row]));
    return held.flatMap((seat) => {
      const named = byId.get(seat.id);
      if (named === undefined) return [];
      const { hardware_id: hardwareId, machine_name: machineName, user_id: userId, ip } = named;
      return [{ seat, hardwareId, machineName, userId, ip }];
    });
  }

  /** That the account's licence is this one. */
  async function assertLicense(accountId: AccountId, id: string) {
    const head = await licenses.ofAccount(accountId);
    if (head.id !== id) throw new AppError('not_found');
    return head;
  }

  return {
    list,

    async ofLicense(accountId: AccountId, id: string) {
      const head = await assertLicense(accountId, id);
      return { max: head.seats, holders: await list(accountId) };
    },

    /** Ends a machine's seat. Answers until when what it handed out occupies it; null: it is free. */
    async force(
      by: { accountId: AccountId; caller: Caller; origin: Origin },
      license: string,
      machine: string,
    ) {
      const { accountId, caller, origin } = by;
      const { id } = await assertLicense(accountId, license);
      return db.tenant(accountId, FORCED, async (tx) => {
        const [ended] = await seats.endIn(tx, seatsOf(accountId), { machine, as: 'forced' });
        if (ended === undefined) throw new AppError('session_not_found');
        await tx.run(endSessionsBySeats(accountId));
        const release = { accountId, licenseId: id, session: ended.id, machine, origin, isForced: true };
        await audit.recordIn(tx, releaseEvent({ ...release, actor: actorOf(caller) }));
        const { expiresAt, endedAt } = ended;
        return endedAt !== null && expiresAt > endedAt ? expiresAt : null;
      });
    },

    /** The sessions of a licence, by its key or id, newest first. */
    async history(
      accountId: AccountId,
      license: string,
      { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
    ): Promise<Page<SessionRow>> {
      const head = await licenses.ofAccount(accountId);
      const asked = license === head.id ? head : await licenses.byKey(license).catch(ignoreClientError);
      if (asked?.id !== head.id) throw new AppError('not_found');
      const sessions = timeList('license sessions', {});
      const [rows] = await db.tenant(accountId, [
        listSessions(accountId, { after: sessions.after(cursor), limit: limit + 1 }),
      ]);
      return sessions.page(rows, limit);
    },

    /** Writes down of all accounts which sessions ran out, and when. */
    async close(): Promise<void> {
      for (;;) {
        const [[row]] = await db.system('coditect.sessions', CLOSED, [
          closeSeats(A_ROUND),
          endSessionsBySeats(null),
        ]);
        if ((row?.closed ?? 0) < A_ROUND) return;
      }
    },
  };
}

/** A text that is no licence's key names no licence. */
function ignoreClientError(error: unknown): undefined {
  if (error instanceof AppError && error.status < 500) return undefined;
  throw error;
}
