import { type Actor, actorOf } from '#platform/audit';
import { commitPoint, type Transaction } from '#platform/db';
import type { Caller, Origin, Role } from '#platform/http';
import { type AccountId, AppError, isUuid } from '#platform/kernel';
import type { Renewal, Seating } from '#platform/limits';
import type { ProductContext } from '#platform/product';
import { assertUsable, headOf, type LicenseHead, type Licenses } from '../licenses/license.ts';
import { readHead } from '../licenses/store.ts';
import { queued } from './queued.ts';
import { createSessionRates } from './rates.ts';
import {
  activateLicense,
  insertMachine,
  liveMachine,
  lockMachines,
  machineCounts,
  seenMachine,
} from '../machines/store.ts';
import { endSessionsBySeats, seatsOf } from '../seats.ts';
import { endSessions, insertSession, readSession } from './store.ts';
import type { SessionName, SessionTimes, SessionTokens } from './tokens.ts';

const ACQUIRED = commitPoint('coditect.session-acquired', 'a seat, its machine and its session');
const RELEASED = commitPoint('coditect.session-released', 'a seat that was given back');
const REFUSED = commitPoint(
  'coditect.session-refused',
  'the end of a session whose seat was refused a renewal',
);

/** Seconds until a seat is free again after its last heartbeat, and between two of them. */
export const SEAT_TTL = 360;
export const HEARTBEAT_INTERVAL = 300;
/** Minutes of work without the server that a heartbeat hands out where nobody wished for another number. */
const OFFLINE_MINUTES = 30;

/** What an acquire says. */
export interface Wish {
  readonly hardwareId: string;
  readonly name?: string | undefined;
  readonly platform?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly userIp?: string | undefined;
  readonly appVersion?: string | undefined;
  readonly offlineMinutes?: number | undefined;
  /** The token of the machine's session before, whose lease it gives up. */
  readonly former?: string | undefined;
}

/** Who asks: for which account, and as whom; without a caller by the licence's key alone. */
export interface Asker {
  readonly accountId: AccountId;
  readonly caller: Caller | undefined;
  readonly origin: Origin;
}

/** A seat that is held, as its holder is told. */
export interface Held {
  readonly session: SessionName;
  readonly times: SessionTimes;
  readonly token: string;
}

export type Acquired =
  | { readonly kind: 'acquired'; readonly held: Held; readonly used: number; readonly max: number }
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
  const inTurn = queued<AccountId>();
  const rated = createSessionRates(parts);

  async function acquire(asker: Asker, wish: Wish): Promise<Acquired> {
    const { accountId, origin } = asker;
    const head = await licenses.ofAccount(accountId);
    const { hardwareId: machine } = wish;
    await rated({ kind: 'acquire', licenseId: head.id, seats: head.seats, machine, ip: origin.ip });
    assertUsable(head);
    const former = await formerOf(wish, head);
    // One at a time: the others would wait for the licence with a connection each.
    const taken = await inTurn(accountId, () =>
      db.tenant(accountId, ACQUIRED, (tx) => takeIn(tx, parts, { asker, license: head, wish, former })),
    );
    const { answer, head: now, machineId } = taken;
    if (answer.kind === 'plan_required')
      throw new AppError('license_inactive', { details: { reason: 'ended' } });
    if (answer.kind === 'denied') {
      const { used, max, resetsAt, retryAfter } = answer.denial;
      return { kind: 'exhausted', used, max, resetsAt, retryAfter };
    }
    const { seat, used, max, at } = answer;
    const session = { accountId, licenseId: now.id, id: seat.id, machineId, fence: seat.fence, seats: max };
    const times = { at, expiresAt: seat.expiresAt, offlineUntil: null };
    const held = { session, times, token: await tokens.sign(session, times) };
    return { kind: 'acquired', held, used, max };
  }

  /** The session of whose token the machine says that it goes on with it: one of another licence is none. */
  async function formerOf({ former }: Wish, head: LicenseHead): Promise<SessionName | undefined> {
    const known = former === undefined ? undefined : await tokens.read(former).catch(notOurs);
    return known?.licenseId === head.id ? known : undefined;
  }

  async function renew(session: SessionName, borrowMinutes: number | undefined): Promise<Renewed> {
    const { accountId, machineId, fence } = session;
    const renewal = await seats.renew(
      seatsOf(accountId),
      { machine: machineId, fence },
      { ttlSeconds: SEAT_TTL, borrowMinutes },
    );
    if (renewal.kind !== 'renewed') throw await refused(session, renewal);
    return renewal;
  }

  /** Why a session is over, which is written into the history by now. */
  async function refused({ accountId }: SessionName, renewal: Exclude<Renewal, Renewed>): Promise<AppError> {
    if (renewal.kind === 'unknown') return new AppError('session_not_found');
    if (renewal.kind === 'taken_over') return new AppError('seat_taken_over');
    const details = { ended: renewal.kind, ended_at: renewal.endedAt.toISOString() };
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

  async function renewedHeld(session: SessionName, renewal: Renewed): Promise<Held> {
    return { session, times: renewal, token: await tokens.sign(session, renewal) };
  }

  /** The session of a token, as its path or body names it too. */
  async function sessionOf(id: string, token: string): Promise<SessionName> {
    const session = await tokens.read(token);
    if (session.id !== id) throw new AppError('session_not_found');
    return session;
  }

  async function give({ accountId, caller, origin }: Asker, session: Given): Promise<void> {
    const { id, machineId: machine, licenseId, fence } = session;
    await db.tenant(accountId, RELEASED, async (tx) => {
      const ended = await seats.releaseIn(tx, seatsOf(accountId), { machine, fence });
      if (ended === undefined) return;
      await tx.run(endSessions(accountId, [ended]));
      const actor = caller === undefined ? SYSTEM : actorOf(caller);
      const target = { kind: 'license', id: licenseId };
      const changes = { session: id, machine };
      await audit.recordIn(tx, {
        action: 'coditect.license.released',
        actor,
        accountId,
        target,
        changes,
        origin,
      });
    });
  }

  return {
    acquire,

    async heartbeat(id: string, token: string, { ip }: Origin): Promise<Held> {
      const session = await sessionOf(id, token);
      const { licenseId, seats: size, machineId: machine } = session;
      await rated({ kind: 'heartbeat', licenseId, seats: size, machine, ip });
      return renewedHeld(session, await renew(session, undefined));
    },

    /** A longer lease for work without the server, at most as long as the licence has it. */
    async borrow(id: string, asked: { readonly token: string; readonly minutes: number }, origin: Origin) {
      const session = await sessionOf(id, asked.token);
      const { accountId, licenseId, seats: size, machineId: machine } = session;
      await rated({ kind: 'heartbeat', licenseId, seats: size, machine, ip: origin.ip });
      const head = await licenses.ofAccount(accountId);
      if (asked.minutes > head.offlineMinutes)
        throw new AppError('offline_too_long', { details: { max_minutes: head.offlineMinutes } });
      const renewal = await renew(session, asked.minutes);
      if (renewal.offlineUntil === null)
        throw new AppError('offline_too_early', {
          details: { available_at: renewal.offlineFrom.toISOString() },
          retryAfter: Math.max(1, Math.ceil((renewal.offlineFrom.getTime() - renewal.at.getTime()) / 1_000)),
        });
      return renewedHeld(session, renewal);
    },

    /** Whatever the token says: nobody who stops is told that they can't. */
    async release(id: string, token: string, origin: Origin): Promise<void> {
      const session = await sessionOf(id, token).catch(notOurs);
      if (session === undefined) return;
      await give({ accountId: session.accountId, caller: undefined, origin }, session);
    },

    /** The session that a member took, signed in; of whoever manages the account, anybody's. */
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

type Given = Pick<SessionName, 'id' | 'machineId' | 'licenseId' | 'fence'>;
type Renewed = Extract<Renewal, { readonly kind: 'renewed' }>;

/** Nobody is signed in: the machine's token or the key acted. */
const SYSTEM: Actor = { kind: 'system' };

interface Taking {
  readonly asker: Asker;
  readonly license: LicenseHead;
  readonly wish: Wish;
  readonly former: SessionName | undefined;
}

interface Taken {
  readonly answer: Seating;
  readonly head: LicenseHead;
  readonly machineId: string;
}

/** One commit: the seat, what it ended, and who has it. */
async function takeIn(tx: Transaction, parts: SessionsParts, taking: Taking): Promise<Taken> {
  const { ids, limits } = parts;
  const { asker, license, wish, former } = taking;
  const { accountId } = asker;
  const [, [read], [machine], [counts]] = await tx.runAll([
    lockMachines(license),
    readHead(accountId),
    liveMachine(license, wish.hardwareId),
    machineCounts(license),
  ]);
  if (read === undefined) throw new AppError('license_not_found');
  const head = headOf(accountId, read);
  assertUsable(head);
  const used = counts?.live ?? 0;
  if (machine === undefined && used >= head.machines)
    throw new AppError('machines_exhausted', { details: { used, max: head.machines } });
  const machineId = machine?.id ?? ids.next();
  const answer = await limits.seats.takeIn(tx, seatsOf(accountId), {
    machine: machineId,
    id: ids.next(),
    ttlSeconds: SEAT_TTL,
    // The plan's, or what an admin set in its place.
    size: head.seats,
    offlineMinutes: Math.min(wish.offlineMinutes ?? OFFLINE_MINUTES, head.offlineMinutes),
    resumes: former?.machineId === machineId ? former.id : undefined,
  });
  if (answer.ended.length > 0) await tx.run(endSessions(accountId, answer.ended));
  if (answer.kind === 'seat')
    await keepIn(tx, parts, { ...taking, head, machineId, isNew: machine === undefined, answer });
  return { answer, head, machineId };
}

interface Kept extends Taking {
  readonly head: LicenseHead;
  readonly machineId: string;
  readonly isNew: boolean;
  readonly answer: Extract<Seating, { readonly kind: 'seat' }>;
}

/** What is kept of who took a seat. */
async function keepIn(tx: Transaction, { audit }: SessionsParts, kept: Kept): Promise<void> {
  const { head, machineId, wish, isNew } = kept;
  const { seat, at } = kept.answer;
  const { accountId, caller, origin } = kept.asker;
  const agent = origin.userAgent.slice(0, LONGEST_AGENT);
  const { hardwareId, name = null, platform = null } = wish;
  const machine = { id: machineId, hardwareId, name, platform, ip: origin.ip, agent };
  const come = isNew ? [insertMachine(head, machine), activateLicense(head)] : [seenMachine(head, machine)];
  await tx.runAll([
    ...come,
    insertSession({
      accountId,
      licenseId: head.id,
      id: seat.id,
      machineId,
      userId: caller?.userId ?? null,
      fence: seat.fence,
      at,
      ip: origin.ip,
      agent,
      saidAgent: wish.userAgent ?? null,
      saidIp: wish.userIp ?? null,
      appVersion: wish.appVersion ?? null,
    }),
  ]);
  const of = {
    actor: caller === undefined ? SYSTEM : actorOf(caller),
    accountId,
    target: { kind: 'license', id: head.id },
    origin,
  };
  if (isNew) {
    const changes = { machine: machineId, name };
    await audit.recordIn(tx, { ...of, action: 'coditect.license.activated', changes });
  }
  const changes = { session: seat.id, machine: machineId, fence: seat.fence };
  await audit.recordIn(tx, { ...of, action: 'coditect.license.acquired', changes });
}

const LONGEST_AGENT = 300;

function notOurs(error: unknown): undefined {
  const known = error instanceof AppError && ['token_invalid', 'session_not_found'].includes(error.code);
  if (!known) throw error;
}
