import {
  AppError,
  commitPoint,
  type Origin,
  type ProductContext,
  type Transaction,
  withoutDeclaredSecrets,
} from 'plinth/product';
import { assertUsable, headOf, type LicenseHead } from '../licenses/license.ts';
import { readHead } from '../licenses/store.ts';
import { endSessionsBySeats, seatsOf } from '../seats.ts';
import {
  activateLicense,
  deactivateMachine,
  insertMachine,
  liveMachine,
  listMachines,
  lockMachines,
  machineCounts,
  type MachineRow,
  seenMachine,
  type WhichLicense,
} from './store.ts';

const ACTIVATED = commitPoint('coditect.activate', 'a machine that a licence is activated on');
const DEACTIVATED = commitPoint('coditect.deactivate', 'a machine that a licence is no longer activated on');

/** A machine that a licence is activated on. */
export interface Machine {
  readonly id: string;
  readonly hardwareId: string;
  readonly name: string | null;
  readonly platform: string | null;
  readonly activatedAt: Date;
  readonly lastSeenAt: Date;
}

/** A machine as it says who it is. */
export interface GivenMachine {
  readonly hardwareId: string;
  readonly name?: string | undefined;
  readonly platform?: string | undefined;
}

export interface Machines {
  isActivated(license: WhichLicense, hardwareId: string): Promise<boolean>;
  /** Again, it changes nothing. Throws `license_suspended`, `license_inactive` and `machines_exhausted`. */
  activate(
    license: WhichLicense,
    given: GivenMachine,
    origin: Origin,
  ): Promise<{ readonly machine: Machine; readonly isNew: boolean }>;
  /** Again, it changes nothing. Throws `deactivations_exhausted`. */
  deactivate(license: WhichLicense, hardwareId: string, origin: Origin): Promise<void>;
  list(license: WhichLicense): Promise<readonly Machine[]>;
}

const LONGEST_AGENT = 300;

/** The program that calls, as it is kept: without a key that a caller put there. */
export const agentOf = ({ userAgent }: Pick<Origin, 'userAgent'>) =>
  withoutDeclaredSecrets(userAgent).slice(0, LONGEST_AGENT);

type Parts = Pick<ProductContext, 'db' | 'ids' | 'audit' | 'limits'>;

export function createMachines(parts: Parts): Machines {
  const { db } = parts;
  async function find(license: WhichLicense, hardwareId: string): Promise<Machine | undefined> {
    const [[row]] = await db.tenant(license.accountId, [liveMachine(license, hardwareId)]);
    return row === undefined ? undefined : machineOf(row);
  }
  return {
    isActivated: async (license, hardwareId) => (await find(license, hardwareId)) !== undefined,
    activate: (license, given, origin) =>
      db.tenant(license.accountId, ACTIVATED, (tx) => activateIn(parts, tx, { license, given, origin })),
    deactivate: (license, hardwareId, origin) =>
      db.tenant(license.accountId, DEACTIVATED, (tx) =>
        deactivateIn(parts, tx, { license, given: { hardwareId }, origin }),
      ),
    async list(license) {
      const [rows] = await db.tenant(license.accountId, [listMachines(license)]);
      return rows.map(machineOf);
    },
  };
}

interface ActivationInput {
  readonly license: WhichLicense;
  readonly given: GivenMachine;
  readonly origin: Origin;
}

/** Worth of the licence, under the lock on its machines: of two on the last place, the second sees the first. */
async function lockedHead(tx: Transaction, license: WhichLicense): Promise<LicenseHead> {
  const [, [row]] = await tx.runAll([lockMachines(license), readHead(license.accountId)]);
  if (row === undefined) throw new AppError('license_not_found');
  return headOf(license.accountId, row);
}

async function activateIn(parts: Parts, tx: Transaction, { license, given, origin }: ActivationInput) {
  const head = await lockedHead(tx, license);
  assertUsable(head);
  const said = {
    hardwareId: given.hardwareId,
    name: given.name === undefined ? null : withoutDeclaredSecrets(given.name),
    platform: given.platform === undefined ? null : withoutDeclaredSecrets(given.platform),
    ip: origin.ip,
    agent: agentOf(origin),
  };
  const [[present], [counts]] = await tx.runAll([
    liveMachine(license, given.hardwareId),
    machineCounts(license),
  ]);
  if (present !== undefined) {
    await tx.run(seenMachine(license, { ...said, id: present.id }));
    return { machine: machineOf(present), isNew: false };
  }
  const used = counts?.live ?? 0;
  if (used >= head.machines)
    throw new AppError('machines_exhausted', { details: { used, max: head.machines } });
  const [[row]] = await tx.runAll([
    insertMachine(license, { ...said, id: parts.ids.next() }),
    activateLicense(license),
  ]);
  if (row === undefined) throw new Error('a machine was not stored');
  await record(parts, tx, { action: 'coditect.license.activated', head, machine: row, origin });
  return { machine: machineOf(row), isNew: true };
}

async function deactivateIn(
  parts: Parts,
  tx: Transaction,
  { license, given, origin }: ActivationInput,
): Promise<void> {
  const head = await lockedHead(tx, license);
  const [[present], [counts]] = await tx.runAll([
    liveMachine(license, given.hardwareId),
    machineCounts(license),
  ]);
  if (present === undefined) return;
  assertUsable(head);
  if (counts !== undefined && counts.deactivated >= head.seats) {
    const resetsAt = counts.month_ends.toISOString();
    const details = { used: counts.deactivated, max: head.seats, resets_at: resetsAt };
    throw new AppError('deactivations_exhausted', { details });
  }
  // Its session ends; its seat is free when its lease ends, which may be offline.
  const of = seatsOf(license.accountId);
  await parts.limits.seats.endIn(tx, of, { machine: present.id, as: 'forced' });
  await tx.runAll([deactivateMachine(license, present.id), endSessionsBySeats(license.accountId)]);
  await record(parts, tx, { action: 'coditect.license.machine_deactivated', head, machine: present, origin });
}

interface MachineEvent {
  readonly action: string;
  readonly head: LicenseHead;
  readonly machine: MachineRow;
  readonly origin: Origin;
}

/** The holder of the key did it: the person is unknown, the address is known. */
async function record({ audit }: Parts, tx: Transaction, event: MachineEvent): Promise<void> {
  const { action, head, machine, origin } = event;
  await audit.recordIn(tx, {
    action,
    actor: { kind: 'system' },
    accountId: head.accountId,
    target: { kind: 'license', id: head.id },
    changes: { machine: machine.id, name: machine.name },
    origin,
  });
}

function machineOf(row: MachineRow): Machine {
  return {
    id: row.id,
    hardwareId: row.hardware_id,
    name: row.name,
    platform: row.platform,
    activatedAt: row.activated_at,
    lastSeenAt: row.last_seen_at,
  };
}
