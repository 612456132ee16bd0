import { statement } from 'plinth/product';
import type { LicenseHead } from '../licenses/license.ts';

export interface MachineRow {
  readonly id: string;
  readonly hardware_id: string;
  readonly name: string | null;
  readonly platform: string | null;
  readonly activated_at: Date;
  readonly last_seen_at: Date;
}

/** Which licence: of whose account. */
export type WhichLicense = Pick<LicenseHead, 'accountId' | 'id'>;

const SHOWN = 'id, hardware_id, name, platform, activated_at, last_seen_at';

/** Machines of a licence come and go one at a time. */
export const lockMachines = ({ accountId, id }: WhichLicense) =>
  statement('select from coditect.licenses where account_id = $1 and id = $2 for update', [accountId, id]);

export const liveMachine = ({ accountId, id }: WhichLicense, hardwareId: string) =>
  statement<MachineRow>(
    `select ${SHOWN} from coditect.machines
     where account_id = $1 and license_id = $2 and hardware_id = $3 and deactivated_at is null`,
    [accountId, id, hardwareId],
  );

/** The same of several. */
export const liveMachines = ({ accountId, id }: WhichLicense, hardwareIds: readonly string[]) =>
  statement<MachineRow>(
    `select ${SHOWN} from coditect.machines
     where account_id = $1 and license_id = $2 and hardware_id = any($3::text[]) and deactivated_at is null`,
    [accountId, id, hardwareIds],
  );

/** How many are live, and how many were deactivated in this calendar month of UTC. */
export const machineCounts = ({ accountId, id }: WhichLicense) =>
  statement<{ live: number; deactivated: number; month_ends: Date }>(
    `with month as (select date_trunc('month', app.now() at time zone 'UTC') as starts)
     select count(m.id) filter (where m.deactivated_at is null)::int as live,
       count(m.id) filter (where m.deactivated_at >= starts at time zone 'UTC')::int as deactivated,
       (starts + interval '1 month') at time zone 'UTC' as month_ends
     from month left join coditect.machines m on m.account_id = $1 and m.license_id = $2 group by starts`,
    [accountId, id],
  );

export interface NewMachine {
  readonly id: string;
  readonly hardwareId: string;
  readonly name: string | null;
  readonly platform: string | null;
  readonly ip: string;
  readonly agent: string;
}

export const insertMachine = ({ accountId, id }: WhichLicense, machine: NewMachine) =>
  statement<MachineRow>(
    `insert into coditect.machines (account_id, license_id, id, hardware_id, name, platform, last_ip, last_agent)
     values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${SHOWN}`,
    [
      accountId,
      id,
      machine.id,
      machine.hardwareId,
      machine.name,
      machine.platform,
      machine.ip,
      machine.agent,
    ],
  );

/** The first machine activates its licence. */
export const activateLicense = ({ accountId, id }: WhichLicense) =>
  statement(
    `update coditect.licenses set activated_at = app.now(), updated_at = app.now()
     where account_id = $1 and id = $2 and activated_at is null`,
    [accountId, id],
  );

/** A machine that was activated before is here again, perhaps by another name. */
export const seenMachine = ({ accountId }: WhichLicense, machine: NewMachine) =>
  statement(
    `update coditect.machines set name = coalesce($3, name), platform = coalesce($4, platform), last_seen_at = app.now(),
       last_ip = $5, last_agent = $6, updated_at = app.now()
     where account_id = $1 and id = $2`,
    [accountId, machine.id, machine.name, machine.platform, machine.ip, machine.agent],
  );

export const deactivateMachine = ({ accountId }: WhichLicense, machineId: string) =>
  statement(
    `update coditect.machines set deactivated_at = app.now(), updated_at = app.now()
     where account_id = $1 and id = $2 and deactivated_at is null`,
    [accountId, machineId],
  );

/** The live machines of a licence, by when they were activated. There are no more than its plan ever had. */
export const listMachines = ({ accountId, id }: WhichLicense) =>
  statement<MachineRow>(
    `select ${SHOWN} from coditect.machines where account_id = $1 and license_id = $2 and deactivated_at is null order by activated_at, id`,
    [accountId, id],
  );
