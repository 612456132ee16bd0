import { commitPoint, type Database, statement, systemCall } from '#platform/db';
import { compareText, arrayOf, composite } from '../batch.ts';
import { createBatcher, inFlightOptions } from '../batcher.ts';
import type { HeldSeat, SeatEnd, SeatsOf } from './seats.ts';

const RENEW = commitPoint('limits.seat-renewals', 'renewals of a batch of seats');

export interface RenewTerms {
  readonly ttlSeconds: number;
  /** Minutes of work without the server that its holder wants now, in place of those that the seat hands out. */
  readonly borrowMinutes?: number | undefined;
}

/** The outcome of a renewal, by the database's time. */
export type Renewal =
  | {
      readonly kind: 'renewed';
      readonly at: Date;
      readonly expiresAt: Date;
      /** Until when its holder may work without the server: the seat stays occupied as long. */
      readonly offlineUntil: Date | null;
      /** From when on renewals hand out offline time: after five minutes, and not while a former holder of the seat has a lease. */
      readonly offlineFrom: Date;
      /** The token for the next renewal. */
      readonly token: number;
    }
  /** `copied`: its token is older than the one that was used last, and the seat has ended. */
  | { readonly kind: 'copied' | SeatEnd; readonly at: Date; readonly endedAt: Date }
  | { readonly kind: 'unknown'; readonly at: Date };

interface RenewalRequest {
  readonly of: SeatsOf;
  readonly held: HeldSeat;
  readonly terms: RenewTerms;
}

interface RenewedRow {
  readonly kind: 'renewed' | 'copied' | 'unknown' | SeatEnd;
  readonly expires_at: Date;
  readonly offline_until: Date | null;
  readonly offline_from: Date;
  readonly at: Date;
  readonly token: number;
}

/** Renewals of one process, for all accounts, committed in groups: while one batch is in flight the next one fills. */
export function createSeatRenewals(db: Database) {
  const batcher = createBatcher<RenewalRequest, Renewal>({
    name: 'limits.renew_seats',
    async flush(items) {
      const order = items
        .map((item, index) => ({ item, index, key: keyOf(item) }))
        .sort((a, b) => compareText(a.key, b.key));
      const call = statement<RenewedRow>(
        'select kind, expires_at, offline_until, offline_from, at, token from limits.renew_seats($1::limits.renewal[], $2::int[])',
        [
          arrayOf(order.map(({ item }) => renewalText(item))),
          order.map(({ item }) => item.held.token ?? null),
        ],
      );
      const [rows] = await db.system('limits.seats', RENEW, [systemCall(call)]);
      const answers: (Renewal | undefined)[] = items.map(() => undefined);
      for (const [at, { index }] of order.entries()) {
        const row = rows[at];
        if (row !== undefined) answers[index] = toRenewal(row);
      }
      return answers;
    },
    ...inFlightOptions(db),
    maxBatch: 200,
  });
  return (of: SeatsOf, held: HeldSeat, terms: RenewTerms): Promise<Renewal> =>
    batcher.add({ of, held, terms });
}

/** All processes lock seats in the order of these keys. */
function keyOf({ of: { accountId, product, limit }, held: { machine } }: RenewalRequest): string {
  return [accountId, product, limit, machine].join(' ');
}

function renewalText({ of: { accountId, product, limit }, held, terms }: RenewalRequest): string {
  const { machine, fence } = held;
  return composite([accountId, product, limit, machine, fence, terms.ttlSeconds, terms.borrowMinutes]);
}

function toRenewal({ kind, at, ...row }: RenewedRow): Renewal {
  if (kind === 'unknown') return { kind, at };
  if (kind !== 'renewed') return { kind, at, endedAt: row.expires_at };
  return {
    kind,
    at,
    expiresAt: row.expires_at,
    offlineUntil: row.offline_until,
    offlineFrom: row.offline_from,
    token: row.token,
  };
}
