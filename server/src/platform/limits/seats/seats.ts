import { commitPoint, type Database, type Statement, statement, type Transaction } from '#platform/db';
import type { AccountId, Ids } from '#platform/kernel';
import { type Denial, readDenial } from '../denial.ts';
import { createSeatRenewals, type Renewal, type RenewTerms } from './seat-renewals.ts';

const CHANGE = commitPoint('limits.seat', 'a seat that was taken, freed or ended');

/** Which seats of which account: a limit of the kind `seats` of a product. */
export interface SeatsOf {
  readonly accountId: AccountId;
  readonly product: string;
  readonly limit: string;
}

/** A machine's lease. */
export interface Seat {
  readonly id: string;
  readonly machine: string;
  /** Every step names it: after a take-over the former holder has an older one and is refused. */
  readonly fence: number;
  readonly expiresAt: Date;
}

/** A seat that was just taken, with the token for its first renewal. */
export interface TakenSeat extends Seat {
  readonly token: number;
}

/** How a holder names its seat. Without a token, copies are not detected. */
export interface HeldSeat extends Pick<Seat, 'machine' | 'fence'> {
  readonly token?: number | undefined;
}

/** The terms on which a machine takes a seat. */
export interface SeatTerms {
  readonly ttlSeconds: number;
  /** How many seats there are instead of the plan's number, while the plan has any. */
  readonly size?: number | undefined;
  /** How many minutes of work without the server each renewal hands out; 0 and undefined: none. At most 30 days. */
  readonly offlineMinutes?: number | undefined;
  /** A former seat of the machine, whose lease it gives up; without this, that lease is owed until it ends. */
  readonly resumes?: Omit<HeldSeat, 'machine'> | undefined;
}

/** A seat that a machine wants, by the id that it will have. */
interface SeatRequest extends SeatTerms {
  readonly machine: string;
  readonly id: string;
}

export type SeatEnd = 'released' | 'expired' | 'taken_over' | 'forced' | 'suspended';

/** An ended seat: when it ended, and when it was last renewed. */
export interface EndedSeat {
  readonly id: string;
  readonly ended: SeatEnd;
  readonly endedAt: Date;
  readonly renewedAt: Date;
}

export type SeatResult = (
  | {
      readonly kind: 'seat';
      readonly seat: TakenSeat;
      /** With this one, of how many. */
      readonly used: number;
      readonly max: number;
      /** The database's time. */
      readonly at: Date;
    }
  | { readonly kind: 'denied'; readonly denial: Denial }
  | {
      readonly kind: 'plan_required';
      readonly grant: string;
      readonly needed: number;
      readonly plan: string | null;
    }
) & {
  /** Seats that were found ended or were ended by this: expired seats, and the machine's former seat. */
  readonly ended: readonly EndedSeat[];
};

/** A seat as others see it: `expiresAt` is when it is free, offline time of former holders included. */
export interface OccupiedSeat extends Seat {
  readonly takenAt: Date;
  readonly renewedAt: Date;
  /** Until when its machine may work without the server. */
  readonly offlineUntil: Date | null;
  /** Why it ended. The offline time that it handed out still occupies the seat, and it cannot be renewed. */
  readonly ended: SeatEnd | null;
  readonly endedAt: Date | null;
}

/** Seats as leases: never more machines at once than the plan has, also when a machine dies, sleeps or works offline. */
export interface Seats {
  /** A machine that holds a seat takes it over from its former self, with the next fence. */
  take(of: SeatsOf, machine: string, terms: SeatTerms): Promise<SeatResult>;
  /** The same for several machines, one after the other, in a transaction of the account's scope; other seats of the account wait for its end. */
  takeIn(tx: Transaction, of: SeatsOf, wanted: readonly SeatRequest[]): Promise<SeatResult[]>;
  /** Resolves when it is committed, with other renewals of this process. A seat that was lost must be taken anew. */
  renew(of: SeatsOf, held: HeldSeat, terms: RenewTerms): Promise<Renewal>;
  /** Frees the caller's seat with the offline time that it handed out; if the seat has another holder by now, only that offline time. */
  release(of: SeatsOf, held: HeldSeat): Promise<void>;
  releaseIn(tx: Transaction, of: SeatsOf, held: HeldSeat): Promise<EndedSeat | undefined>;
  /** Ends a machine's seat for any holder; offline time that it handed out occupies it until that ends. Answers whether the seat was held. */
  forceRelease(of: SeatsOf, machine: string): Promise<boolean>;
  /** Ends a machine's seat, or all seats, in a transaction of the account's scope. Answers the seats that were held. */
  endIn(tx: Transaction, of: SeatsOf, end: SeatEndRequest): Promise<OccupiedSeat[]>;
  /** The same in a transaction of the system's scope. */
  endBySystemIn(tx: Transaction, of: SeatsOf, end: SeatEndRequest): Promise<OccupiedSeat[]>;
  /** The seats that are occupied now, ordered by when they were taken. */
  list(of: SeatsOf): Promise<OccupiedSeat[]>;
}

/** Which seats end, and why. */
export interface SeatEndRequest {
  /** Undefined: all. */
  readonly machine?: string | undefined;
  readonly as: 'forced' | 'suspended';
}

interface SeatRow {
  readonly id: string;
  readonly machine: string;
  readonly fence: number;
  readonly taken_at: Date;
  readonly expires_at: Date;
  readonly renewed_at: Date;
  readonly offline_until: Date | null;
  readonly ended: SeatEnd | null;
  readonly ended_at: Date | null;
}

const SEAT =
  'id, machine, fence, taken_at, greatest(expires_at, owed_until) as expires_at, renewed_at, offline_until, ended, ended_at';

export interface SeatsParts {
  readonly db: Database;
  readonly ids: Ids;
  /** Called for each seat that was requested or renewed, with the outcome. */
  readonly onSeat?: ((product: string, outcome: string) => void) | undefined;
}

const releaseIn: Seats['releaseIn'] = async (tx, of, held) => {
  const [row] = await tx.run(freeSeat(of, held));
  return row?.answer == null ? undefined : toEndedSeat(row.answer);
};

export function createSeats({ db, ids, onSeat = () => {} }: SeatsParts): Seats {
  const renewing = createSeatRenewals(db);
  const takeIn: Seats['takeIn'] = async (tx, of, wanted) => {
    const taken = await tx.runAll(wanted.map((seat) => takeSeat(of, seat)));
    return wanted.map(({ machine }, index) => {
      const answer = toSeatResult(machine, taken[index]?.[0]?.answer ?? {});
      onSeat(of.product, answer.kind === 'seat' ? 'taken' : answer.kind);
      return answer;
    });
  };
  return {
    takeIn,
    releaseIn,
    endIn: async (tx, of, end) => (await tx.run(endSeats(of, end))).map(toOccupiedSeat),
    endBySystemIn: async (tx, of, end) => (await tx.run(endSeatsBySystem(of, end))).map(toOccupiedSeat),
    async take(of, machine, terms) {
      const wanted = { ...terms, machine, id: ids.next() };
      const [answer] = await db.tenant(of.accountId, CHANGE, (tx) => takeIn(tx, of, [wanted]));
      if (answer === undefined) throw new Error('the database did not say whether there is a seat');
      return answer;
    },
    async renew(of, held, terms) {
      const answer = await renewing(of, held, terms);
      onSeat(of.product, answer.kind);
      return answer;
    },
    release: async (of, held) => void (await db.tenant(of.accountId, CHANGE, [freeSeat(of, held)])),
    async forceRelease(of, machine) {
      const [rows] = await db.tenant(of.accountId, CHANGE, [endSeats(of, { machine, as: 'forced' })]);
      return rows.length > 0;
    },
    async list({ accountId, product, limit }) {
      const [rows] = await db.tenant(accountId, [
        statement<SeatRow>(
          `select ${SEAT} from limits.seats
           where account_id = $1 and product = $2 and name = $3 and greatest(expires_at, owed_until) > app.now()
           order by taken_at, machine`,
          [accountId, product, limit],
        ),
      ]);
      return rows.map(toOccupiedSeat);
    },
  };
}

/** Machines at work at this moment, by product, over all accounts. */
export async function seatsInUse(db: Database): Promise<readonly { product: string; used: number }[]> {
  const [rows] = await db.system('limits.seats', [
    statement<{ product: string; used: number }>(
      'select product, count(*)::int as used from limits.seats where ended is null and expires_at > app.now() group by product',
    ),
  ]);
  return rows;
}

type SeatAnswer = Record<string, unknown>;

function takeSeat(
  { product, limit }: SeatsOf,
  { machine, id, ttlSeconds, size, offlineMinutes, resumes }: SeatRequest,
): Statement<{ answer: SeatAnswer }> {
  return statement(
    'select limits.take_seat($1, $2, $3, $4, make_interval(secs => $5), $6, $7, $8, $9) as answer',
    [
      product,
      limit,
      machine,
      id,
      ttlSeconds,
      size ?? null,
      offlineMinutes ?? 0,
      resumes?.fence ?? null,
      resumes?.token ?? null,
    ],
  );
}

function freeSeat(
  { product, limit }: SeatsOf,
  { machine, fence }: HeldSeat,
): Statement<{ answer: SeatAnswer | null }> {
  return statement('select limits.free_seat($1, $2, $3, $4) as answer', [product, limit, machine, fence]);
}

function endSeatsBySystem(
  { accountId, product, limit }: SeatsOf,
  { machine, as }: SeatEndRequest,
): Statement<SeatRow> {
  return statement(`select ${SEAT} from limits.end_seats_of($1, $2, $3, $4, $5) order by taken_at, machine`, [
    accountId,
    product,
    limit,
    machine ?? null,
    as,
  ]);
}

function endSeats({ product, limit }: SeatsOf, { machine, as }: SeatEndRequest): Statement<SeatRow> {
  return statement(`select ${SEAT} from limits.end_seats($1, $2, $3, $4) order by taken_at, machine`, [
    product,
    limit,
    machine ?? null,
    as,
  ]);
}

function toOccupiedSeat(row: SeatRow): OccupiedSeat {
  const { id, machine, fence, ended } = row;
  const { taken_at: takenAt, renewed_at: renewedAt, offline_until: offlineUntil, ended_at: endedAt } = row;
  return { id, machine, fence, ended, expiresAt: row.expires_at, takenAt, renewedAt, offlineUntil, endedAt };
}

interface EndedSeatRow {
  readonly id: string;
  readonly ended: SeatEnd;
  readonly ended_at: string;
  readonly renewed_at: string;
}

function toEndedSeat(answer: SeatAnswer): EndedSeat {
  const { id, ended, ended_at, renewed_at } = answer as unknown as EndedSeatRow;
  return { id, ended, endedAt: new Date(ended_at), renewedAt: new Date(renewed_at) };
}

function toSeatResult(machine: string, answer: SeatAnswer): SeatResult {
  const { closed, former } = answer as { closed?: SeatAnswer[]; former?: SeatAnswer | null };
  // The machine's own seat is among the expired ones, if it had expired.
  const over = [...(closed ?? []), ...(former == null ? [] : [former])].map(toEndedSeat);
  const ended = over.filter(({ id }, index) => over.findIndex((other) => other.id === id) === index);
  if (answer['kind'] === 'denied') return { kind: 'denied', denial: readDenial(answer), ended };
  if (answer['kind'] === 'plan_required') {
    const { grant, needed, plan } = answer as { grant: string; needed: number; plan: string | null };
    return { kind: 'plan_required', grant, needed, plan, ended };
  }
  const { id, fence, token, expires_at, used, max, now } = answer as {
    id: string;
    fence: number;
    token: number;
    expires_at: string;
    used: number;
    max: number;
    now: string;
  };
  const seat = { id, machine, fence, token, expiresAt: new Date(expires_at) };
  return { kind: 'seat', seat, used, max, at: new Date(now), ended };
}
