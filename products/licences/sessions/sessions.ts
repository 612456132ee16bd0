import {
  AppError,
  commitPoint,
  isUuid,
  type Origin,
  type ProductContext,
  type Renewal,
  type Role,
} from 'plinth/product';
import { assertUsable, type LicenseHead, type Licenses } from '../licenses/license.ts';
import { endSessionsBySeats, seatsOf } from '../seats.ts';
import { createGrouping } from './grouping.ts';
import { createSessionRates } from './rates.ts';
import { copiedEvent, releaseEvent } from './release-audit.ts';
import { endSessions, readSession } from './store.ts';
import {
  actorOfAsker,
  type Asker,
  SEAT_TTL,
  takeSeatsIn,
  type TakeResult,
  type SeatAcquire,
  type AcquireRequest,
} from './take-seats.ts';
import type { SessionName, SessionTimes, SessionTokens } from './tokens.ts';

const ACQUIRED = commitPoint(
  'coditect.session-acquired',
  'seats of a licence, their machines and their sessions',
);
const RELEASED = commitPoint('coditect.session-released', 'a seat that was given back');
const REFUSED = commitPoint(
  'coditect.session-refused',
  'the end of a session whose seat was refused a renewal',
);

/** Seconds between two heartbeats of a seat. */
export const HEARTBEAT_INTERVAL = 300;
/** Acquires of a licence that are committed at once, at most. */
const A_GROUP = 100;

/** A seat that is held, as its holder is told. */
export interface HeldSeat {
  readonly session: SessionName;
  readonly times: SessionTimes;
  readonly token: string;
}

/** Proof of a seat's holder, and the nonce of the answer. */
export interface SessionProof {
  readonly token: string;
  readonly nonce?: string | undefined;
}

export type AcquireResult =
  | { readonly kind: 'acquired'; readonly held: HeldSeat; readonly used: number; readonly max: number }
  | {
      readonly kind: 'exhausted';
      readonly used: number;
      readonly max: number;
      readonly resetsAt: string | null;
      readonly retryAfter: number | undefined;
    };

export interface SessionsParts extends Pick<ProductContext, 'db' | 'ids' | 'limits' | 'audit' | 'rates'> {
  readonly licenses: Licenses;
  readonly tokens: SessionTokens;
}

/** Seats of licences as machines take, keep and give them back. */
export function createSessions(parts: SessionsParts) {
  const { db, licenses, tokens, audit } = parts;
  const { seats } = parts.limits;
  // The others would wait for the licence with a connection and a commit each.
  const take = createGrouping<LicenseHead['id'], SeatAcquire & { readonly license: LicenseHead }, TakeResult>(
    A_GROUP,
    async (_, takings) => {
      const [first] = takings;
      if (first === undefined) return [];
      const { license } = first;
      return db.tenant(license.accountId, ACQUIRED, (tx) => takeSeatsIn(tx, parts, { license, takings }));
    },
  );
  const rated = createSessionRates(parts);

  async function acquire(asker: Asker, wish: AcquireRequest): Promise<AcquireResult> {
    const { accountId, origin } = asker;
    const head = await licenses.ofAccount(accountId);
    const { hardwareId: machine } = wish;
    await rated({ kind: 'acquire', licenseId: head.id, seats: head.seats, machine, ip: origin.ip });
    assertUsable(head);
    const former = await formerOf(wish, head);
    const { answer, head: now, machineId } = await take(head.id, { asker, license: head, wish, former });
    if (answer.kind === 'plan_required')
      throw new AppError('license_inactive', { details: { reason: 'ended' } });
    if (answer.kind === 'denied') {
      const { used, max, resetsAt, retryAfter } = answer.denial;
      return { kind: 'exhausted', used, max, resetsAt, retryAfter };
    }
    const { seat, used, max, at } = answer;
    const { id, fence, token } = seat;
    const session = { accountId, licenseId: now.id, id, machineId, fence, token, seats: max };
    const times = { at, expiresAt: seat.expiresAt, offlineUntil: null };
    const held = { session, times, token: await tokens.sign(session, times, wish.nonce) };
    return { kind: 'acquired', held, used, max };
  }

  /** The session of whose token the machine says that it goes on with it: one of another licence is none. */
  async function formerOf({ former }: AcquireRequest, head: LicenseHead): Promise<SessionName | undefined> {
    const known = former === undefined ? undefined : await tokens.read(former).catch(notOurs);
    return known?.licenseId === head.id ? known : undefined;
  }

  async function renew(session: SessionName, origin: Origin, borrowMinutes?: number): Promise<RenewedSeat> {
    const { accountId, machineId, fence, token } = session;
    const renewal = await seats.renew(
      seatsOf(accountId),
      { machine: machineId, fence, token },
      { ttlSeconds: SEAT_TTL, borrowMinutes },
    );
    if (renewal.kind !== 'renewed') throw await renewalError(session, origin, renewal);
    return renewal;
  }

  /** Why a session is over, which is written into the history by now. */
  async function renewalError(session: SessionName, origin: Origin, renewal: Exclude<Renewal, RenewedSeat>) {
    const { accountId } = session;
    if (renewal.kind === 'unknown') return new AppError('session_not_found');
    if (renewal.kind === 'taken_over') return new AppError('seat_taken_over');
    const ended_at = renewal.endedAt.toISOString();
    if (renewal.kind === 'copied') {
      await db.tenant(accountId, REFUSED, async (tx) => {
        await tx.run(endSessionsBySeats(accountId));
        await audit.recordIn(tx, copiedEvent(session, origin));
      });
      return new AppError('session_expired', { details: { ended: 'expired', ended_at, reason: 'copied' } });
    }
    const details = { ended: renewal.kind, ended_at };
    if (renewal.kind === 'suspended') {
      await db.tenant(accountId, REFUSED, [endSessionsBySeats(accountId)]);
      const { status, reason } = await licenses.ofAccount(accountId);
      if (status !== 'active')
        return new AppError(status === 'suspended' ? 'license_suspended' : 'license_inactive', {
          details: { reason, ...details },
        });
    }
    return new AppError('session_expired', { details });
  }

  async function renewedHeld(session: SessionName, renewal: RenewedSeat, nonce?: string): Promise<HeldSeat> {
    const named = { ...session, token: renewal.token };
    return { session: named, times: renewal, token: await tokens.sign(named, renewal, nonce) };
  }

  /** The session of a token, as its path or body names it too. */
  async function sessionOf(id: string, token: string): Promise<SessionName> {
    const session = await tokens.read(token);
    if (session.id !== id) throw new AppError('session_not_found');
    return session;
  }

  async function give({ accountId, caller, origin }: Asker, session: SessionTokenInput): Promise<void> {
    const { id, machineId: machine, licenseId, fence } = session;
    await db.tenant(accountId, RELEASED, async (tx) => {
      const ended = await seats.releaseIn(tx, seatsOf(accountId), { machine, fence });
      if (ended === undefined) return;
      await tx.run(endSessions(accountId, [ended]));
      const actor = actorOfAsker({ caller });
      const release = { accountId, licenseId, session: id, machine, actor, origin, isForced: false };
      await audit.recordIn(tx, releaseEvent(release));
    });
  }

  return {
    acquire,

    async heartbeat(id: string, { token, nonce }: SessionProof, origin: Origin): Promise<HeldSeat> {
      const session = await sessionOf(id, token);
      const { licenseId, seats: size, machineId: machine } = session;
      await rated({ kind: 'heartbeat', licenseId, seats: size, machine, ip: origin.ip });
      return renewedHeld(session, await renew(session, origin), nonce);
    },

    /** A longer lease for work without the server, at most as long as the licence has it. */
    async borrow(id: string, asked: SessionProof & { readonly minutes: number }, origin: Origin) {
      const session = await sessionOf(id, asked.token);
      const { accountId, licenseId, seats: size, machineId: machine } = session;
      await rated({ kind: 'heartbeat', licenseId, seats: size, machine, ip: origin.ip });
      const head = await licenses.ofAccount(accountId);
      if (asked.minutes > head.offlineMinutes)
        throw new AppError('offline_too_long', { details: { max_minutes: head.offlineMinutes } });
      const renewal = await renew(session, origin, asked.minutes);
      if (renewal.offlineUntil === null)
        throw new AppError('offline_too_early', {
          details: { available_at: renewal.offlineFrom.toISOString() },
          retryAfter: Math.max(1, Math.ceil((renewal.offlineFrom.getTime() - renewal.at.getTime()) / 1_000)),
        });
      return renewedHeld(session, renewal, asked.nonce);
    },

    /** Accepts any token: a release never fails. */
    async release(id: string, token: string, origin: Origin): Promise<void> {
      const session = await sessionOf(id, token).catch(notOurs);
      if (session === undefined) return;
      await give({ accountId: session.accountId, caller: undefined, origin }, session);
    },

    /** A session that the signed-in member took; a manager of the account may name anybody's. */
    async releaseAs(asker: Asker, role: Role | undefined, id: string): Promise<void> {
      if (!isUuid(id)) return;
      const [[row]] = await db.tenant(asker.accountId, [readSession(asker.accountId, id)]);
      const isManager = role === 'owner' || role === 'admin';
      if (row === undefined || (!isManager && row.user_id !== asker.caller?.userId)) return;
      const { machine_id: machineId, license_id: licenseId, fence } = row;
      await give(asker, { id, machineId, licenseId, fence });
    },
  };
}

type SessionTokenInput = Pick<SessionName, 'id' | 'machineId' | 'licenseId' | 'fence'>;
type RenewedSeat = Extract<Renewal, { readonly kind: 'renewed' }>;

function notOurs(error: unknown): undefined {
  const known = error instanceof AppError && ['token_invalid', 'session_not_found'].includes(error.code);
  if (!known) throw error;
}
