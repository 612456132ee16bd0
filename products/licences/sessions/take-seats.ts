import {
  type AccountId,
  type Actor,
  actorOf,
  AppError,
  type AuditEvent,
  type Caller,
  type Origin,
  type ProductContext,
  type SeatResult,
  type Statement,
  type Transaction,
  withoutDeclaredSecrets,
} from 'plinth/product';
import { assertUsable, headOf, type LicenseHead } from '../licenses/license.ts';
import { readHead } from '../licenses/store.ts';
import { agentOf } from '../machines/machines.ts';
import {
  activateLicense,
  insertMachine,
  liveMachines,
  lockMachines,
  machineCounts,
  seenMachine,
} from '../machines/store.ts';
import { seatsOf } from '../seats.ts';
import type { Outcome } from './grouping.ts';
import { endSessions, insertDenials, insertSession } from './store.ts';
import type { SessionName } from './tokens.ts';

/** Seconds until a seat is free again after its last heartbeat. */
export const SEAT_TTL = 360;
/** Minutes of work without the server that a heartbeat hands out by default. */
const OFFLINE_MINUTES = 30;

/** Request of an acquire. */
export interface AcquireRequest {
  readonly hardwareId: string;
  readonly name?: string | undefined;
  readonly platform?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly userIp?: string | undefined;
  readonly appVersion?: string | undefined;
  readonly offlineMinutes?: number | undefined;
  readonly nonce?: string | undefined;
  /** The token of the machine's session before, whose lease it gives up. */
  readonly former?: string | undefined;
}

/** The asker: for which account, and as whom; without a caller by the licence's key alone. */
export interface Asker {
  readonly accountId: AccountId;
  readonly caller: Caller | undefined;
  readonly origin: Origin;
}

/** No user is signed in: the machine's token or the key acted. */
export const actorOfAsker = ({ caller }: Pick<Asker, 'caller'>): Actor =>
  caller === undefined ? { kind: 'system' } : actorOf(caller);

export interface SeatAcquire {
  readonly asker: Asker;
  readonly wish: AcquireRequest;
  readonly former: SessionName | undefined;
}

export interface TakeResult {
  readonly answer: SeatResult;
  readonly head: LicenseHead;
  readonly machineId: string;
}

type Parts = Pick<ProductContext, 'ids' | 'limits' | 'audit'>;

/** A taking that a seat was asked for, and where it stands in its group. */
interface SeatRequest {
  readonly place: number;
  readonly taking: SeatAcquire;
  readonly machineId: string;
}

/** The decision for one, and whether it activated its machine. */
interface SeatDecision extends SeatRequest {
  readonly answer: SeatResult;
  readonly isNew: boolean;
}

/**
 * One commit for acquires of one licence, one after the other: their seats, what these ended, and who has them. Throws what is true of all
 * of them: `license_not_found`, `license_suspended`, `license_inactive`.
 */
export async function takeSeatsIn(
  tx: Transaction,
  parts: Parts,
  { license, takings }: { readonly license: LicenseHead; readonly takings: readonly SeatAcquire[] },
): Promise<readonly Outcome<TakeResult>[]> {
  const hardware = takings.map(({ wish }) => wish.hardwareId);
  const [, [read], machines, [counts]] = await tx.runAll([
    lockMachines(license),
    readHead(license.accountId),
    liveMachines(license, hardware),
    machineCounts(license),
  ]);
  if (read === undefined) throw new AppError('license_not_found');
  const head = headOf(license.accountId, read);
  assertUsable(head);
  const known = new Map(machines.map(({ hardware_id: named, id }) => [named, id]));
  const places = createPlaces({ known, live: counts?.live ?? 0, most: head.machines, next: parts.ids.next });
  const outcomes: Outcome<TakeResult>[] = [];
  const decided: SeatDecision[] = [];
  for (let next = 0; next < takings.length; ) {
    const group: SeatRequest[] = [];
    for (; next < takings.length; next += 1) {
      const taking = takings[next];
      if (taking === undefined) break;
      const machineId = places.of(taking.wish.hardwareId);
      if (machineId === 'depends') break;
      if (machineId === 'exhausted') outcomes[next] = { error: places.exhausted() };
      else group.push({ place: next, taking, machineId });
    }
    for (const one of await seatIn(tx, parts, { head, group })) {
      const isNew = one.answer.kind === 'seat' && places.come(one.taking.wish.hardwareId, one.machineId);
      decided.push({ ...one, isNew });
      outcomes[one.place] = { answer: { answer: one.answer, head, machineId: one.machineId } };
    }
    places.settle();
  }
  await keepIn(tx, parts, { head, decided });
  return outcomes;
}

interface Places {
  /** The id of a machine: the one that it has, or the one that it gets with its seat. `depends`: on whether those before it get theirs. */
  of(hardwareId: string): string;
  /** Told of a machine that has its seat: whether it was not activated before. */
  come(hardwareId: string, id: string): boolean;
  /** All that have asked are known by now, with who has come. */
  settle(): void;
  exhausted(): AppError;
}

/** The machines of a licence while some come: a new one is activated with its seat alone, and only while there is room. */
function createPlaces(of: {
  readonly known: Map<string, string>;
  readonly live: number;
  readonly most: number;
  readonly next: () => string;
}): Places {
  const { known, most, next } = of;
  const coming = new Map<string, string>();
  let { live } = of;
  return {
    of(hardwareId) {
      const id = known.get(hardwareId) ?? coming.get(hardwareId);
      if (id !== undefined) return id;
      if (live >= most) return 'exhausted';
      if (live + coming.size >= most) return 'depends';
      const made = next();
      coming.set(hardwareId, made);
      return made;
    },
    come(hardwareId, id) {
      if (known.has(hardwareId)) return false;
      known.set(hardwareId, id);
      live += 1;
      return true;
    },
    settle: () => coming.clear(),
    exhausted: () => new AppError('machines_exhausted', { details: { used: live, max: most } }),
  };
}

async function seatIn(
  tx: Transaction,
  { limits, ids }: Parts,
  { head, group }: { readonly head: LicenseHead; readonly group: readonly SeatRequest[] },
): Promise<(SeatRequest & { readonly answer: SeatResult })[]> {
  if (group.length === 0) return [];
  const wanted = group.map(({ taking: { wish, former }, machineId }) => ({
    machine: machineId,
    id: ids.next(),
    ttlSeconds: SEAT_TTL,
    // The plan's, or what an admin set in its place.
    size: head.seats,
    offlineMinutes: Math.min(wish.offlineMinutes ?? OFFLINE_MINUTES, head.offlineMinutes),
    resumes: former?.machineId === machineId ? former : undefined,
  }));
  const answers = await limits.seats.takeIn(tx, seatsOf(head.accountId), wanted);
  return group.flatMap((one, place) => {
    const answer = answers[place];
    return answer === undefined ? [] : [{ ...one, answer }];
  });
}

/** Keeps who took a seat, and how many did not. */
async function keepIn(
  tx: Transaction,
  { audit, ids }: Parts,
  { head, decided }: { readonly head: LicenseHead; readonly decided: readonly SeatDecision[] },
): Promise<void> {
  const { accountId } = head;
  const ended = decided.flatMap(({ answer }) => answer.ended);
  const denied = decided.filter(({ answer }) => answer.kind === 'denied').length;
  const kept: Statement[] = [
    ...decided.flatMap((one) => sessionStatements(head, one)),
    ...(decided.some(({ isNew }) => isNew) ? [activateLicense(head)] : []),
    // Behind the sessions that began: of a machine that came twice the first one is among them.
    ...(ended.length === 0 ? [] : [endSessions(accountId, ended)]),
    ...(denied === 0 ? [] : [insertDenials(head, { id: ids.next(), denied })]),
  ];
  await tx.runAll(kept);
  await audit.recordAllIn(
    tx,
    decided.flatMap((one) => eventsOf(head, one)),
  );
}

/** A client's text of itself, without the key that it may have put there too. */
const cleanText = (text: string | undefined) => (text === undefined ? null : withoutDeclaredSecrets(text));

/** The statements that keep who has a seat: none of a denial. */
function sessionStatements(
  head: LicenseHead,
  { taking, machineId, isNew, answer }: SeatDecision,
): Statement[] {
  if (answer.kind !== 'seat') return [];
  const { asker, wish } = taking;
  const { caller, origin } = asker;
  const agent = agentOf(origin);
  const { hardwareId } = wish;
  const [name, platform] = [cleanText(wish.name), cleanText(wish.platform)];
  const machine = { id: machineId, hardwareId, name, platform, ip: origin.ip, agent };
  return [
    isNew ? insertMachine(head, machine) : seenMachine(head, machine),
    insertSession({
      accountId: head.accountId,
      licenseId: head.id,
      id: answer.seat.id,
      machineId,
      userId: caller?.userId ?? null,
      fence: answer.seat.fence,
      at: answer.at,
      ip: origin.ip,
      agent,
      saidAgent: cleanText(wish.userAgent),
      saidIp: cleanText(wish.userIp),
      appVersion: cleanText(wish.appVersion),
    }),
  ];
}

function eventsOf(head: LicenseHead, { taking, machineId, isNew, answer }: SeatDecision): AuditEvent[] {
  if (answer.kind !== 'seat') return [];
  const { asker, wish } = taking;
  const of = {
    actor: actorOfAsker(asker),
    accountId: head.accountId,
    target: { kind: 'license', id: head.id },
    origin: asker.origin,
  };
  const { name = null } = wish;
  const changes = { session: answer.seat.id, machine: machineId, fence: answer.seat.fence };
  return [
    ...(isNew
      ? [{ ...of, action: 'coditect.license.activated', changes: { machine: machineId, name } }]
      : []),
    { ...of, action: 'coditect.license.acquired', changes },
  ];
}
