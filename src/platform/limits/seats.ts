import { commitPoint, type Database, statement } from '#platform/db';
import type { AccountId, Ids } from '#platform/kernel';
import { type Denial, readDenial } from './denial.ts';

const CHANGE = commitPoint('limits.seat', 'a seat that was taken, renewed or freed');

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
  /** Every step names it: after a take-over the former holder has an older one, and is told so. */
  readonly fence: number;
  readonly expiresAt: Date;
}

export type Seating =
  | { readonly kind: 'seat'; readonly seat: Seat }
  | { readonly kind: 'denied'; readonly denial: Denial }
  | {
      readonly kind: 'plan_required';
      readonly grant: string;
      readonly needed: number;
      readonly plan: string | null;
    };

/** Seats as leases: never more machines at once than the plan has, whoever dies or sleeps. */
export interface Seats {
  /** A machine that holds a seat takes it over from its former self, with the next fence. */
  take(of: SeatsOf, machine: string, ttlSeconds: number): Promise<Seating>;
  /** Undefined: it has run out, was freed or taken over, and must be taken anew. */
  renew(of: SeatsOf, held: Pick<Seat, 'machine' | 'fence'>, ttlSeconds: number): Promise<Date | undefined>;
  /** Frees one's own seat; one that is not held any more is none of one's business. */
  release(of: SeatsOf, held: Pick<Seat, 'machine' | 'fence'>): Promise<void>;
  /** Frees a machine's seat, whoever holds it. Answers whether anybody did. */
  forceRelease(of: SeatsOf, machine: string): Promise<boolean>;
  /** Who sits there now, by when they came. */
  list(of: SeatsOf): Promise<(Seat & { readonly takenAt: Date })[]>;
}

interface SeatRow {
  readonly id: string;
  readonly machine: string;
  readonly fence: number;
  readonly taken_at: Date;
  readonly expires_at: Date;
}

export function createSeats({ db, ids }: { readonly db: Database; readonly ids: Ids }): Seats {
  async function free({ accountId, product, limit }: SeatsOf, machine: string, fence: number | null) {
    const [[row]] = await db.tenant(accountId, CHANGE, [
      statement<{ freed: boolean }>('select limits.free_seat($1, $2, $3, $4) as freed', [
        product,
        limit,
        machine,
        fence,
      ]),
    ]);
    return row?.freed === true;
  }

  return {
    async take({ accountId, product, limit }, machine, ttlSeconds) {
      const [[row]] = await db.tenant(accountId, CHANGE, [
        statement<{ answer: Record<string, unknown> }>(
          'select limits.take_seat($1, $2, $3, $4, make_interval(secs => $5)) as answer',
          [product, limit, machine, ids.next(), ttlSeconds],
        ),
      ]);
      return seating(machine, row?.answer ?? {});
    },
    async renew({ accountId, product, limit }, { machine, fence }, ttlSeconds) {
      const [[row]] = await db.tenant(accountId, CHANGE, [
        statement<{ until: Date | null }>(
          'select limits.renew_seat($1, $2, $3, $4, make_interval(secs => $5)) as until',
          [product, limit, machine, fence, ttlSeconds],
        ),
      ]);
      return row?.until ?? undefined;
    },
    release: async (of, { machine, fence }) => void (await free(of, machine, fence)),
    forceRelease: (of, machine) => free(of, machine, null),
    async list({ accountId, product, limit }) {
      const [rows] = await db.tenant(accountId, [
        statement<SeatRow>(
          `select id, machine, fence, taken_at, expires_at from limits.seats
           where account_id = $1 and product = $2 and name = $3 and expires_at > app.now() order by taken_at, machine`,
          [accountId, product, limit],
        ),
      ]);
      return rows.map(({ taken_at: takenAt, expires_at: expiresAt, ...seat }) => ({
        ...seat,
        takenAt,
        expiresAt,
      }));
    },
  };
}

function seating(machine: string, answer: Record<string, unknown>): Seating {
  if (answer['kind'] === 'denied') return { kind: 'denied', denial: readDenial(answer) };
  if (answer['kind'] === 'plan_required') return answer as unknown as Seating;
  const { id, fence, expires_at } = answer as { id: string; fence: number; expires_at: string };
  return { kind: 'seat', seat: { id, machine, fence, expiresAt: new Date(expires_at) } };
}
