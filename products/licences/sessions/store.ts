import {
  type AccountId,
  type EndedSeat,
  instantOf,
  microsecondsOf,
  type SeatEnd,
  statement,
  type TimePosition,
  type UserId,
} from 'plinth/product';
import type { WhichLicense } from '../machines/store.ts';

export interface NewSession {
  readonly accountId: AccountId;
  readonly licenseId: string;
  readonly id: string;
  readonly machineId: string;
  readonly userId: UserId | null;
  readonly fence: number;
  readonly at: Date;
  readonly ip: string;
  readonly agent: string;
  readonly saidAgent: string | null;
  readonly saidIp: string | null;
  readonly appVersion: string | null;
}

export const insertSession = (of: NewSession) =>
  statement(
    `insert into coditect.sessions (account_id, license_id, id, machine_id, user_id, fence, started_at, last_heartbeat_at, ip, agent,
       said_agent, said_ip, app_version)
     values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, $12)`,
    [
      of.accountId,
      of.licenseId,
      of.id,
      of.machineId,
      of.userId,
      of.fence,
      of.at,
      of.ip,
      of.agent,
      of.saidAgent,
      of.saidIp,
      of.appVersion,
    ],
  );

/** So many acquires of one commit found no seat. */
export const insertDenials = (
  { accountId, id: licenseId }: WhichLicense,
  { id, denied }: { readonly id: string; readonly denied: number },
) =>
  statement('insert into coditect.denials (account_id, id, license_id, denied) values ($1, $2, $3, $4)', [
    accountId,
    id,
    licenseId,
    denied,
  ]);

export const readSession = (accountId: AccountId, id: string) =>
  statement<{ machine_id: string; license_id: string; fence: number; user_id: UserId | null }>(
    'select machine_id, license_id, fence::int as fence, user_id from coditect.sessions where account_id = $1 and id = $2',
    [accountId, id],
  );

/** Writes into the history what became of seats that another machine has taken since, or that ran out. */
export const endSessions = (accountId: AccountId, ended: readonly EndedSeat[]) =>
  statement(
    `update coditect.sessions s set status = e.ended, ended_at = e.ended_at, last_heartbeat_at = e.renewed_at, updated_at = app.now()
     from jsonb_to_recordset($2::text::jsonb) as e (id uuid, ended text, ended_at timestamptz, renewed_at timestamptz)
     where s.account_id = $1 and s.id = e.id and s.ended_at is null`,
    [
      accountId,
      JSON.stringify(
        ended.map(({ id, ended: as, endedAt, renewedAt }) => ({
          id,
          ended: as,
          ended_at: endedAt,
          renewed_at: renewedAt,
        })),
      ),
    ],
  );

/** Writes down of up to so many seats that they have run out. Answers how many had. */
export const closeSeats = (most: number) =>
  statement<{ closed: number }>(
    `select count(*)::int as closed from limits.close_seats('coditect', 'seats', $1)`,
    [most],
  );

/** A session in the history: its state is what its seat says, until that is written down. */
export interface SessionRow extends TimePosition {
  readonly machine_id: string;
  readonly hardware_id: string;
  readonly machine_name: string | null;
  readonly user_id: UserId | null;
  readonly fence: number;
  readonly status: 'active' | SeatEnd;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly last_heartbeat_at: Date;
  /** While it runs: when its seat is free, and seconds until then. */
  readonly expires_at: Date | null;
  readonly time_remaining: number;
  readonly ip: string | null;
  readonly agent: string | null;
  readonly said_ip: string | null;
  readonly said_agent: string | null;
  readonly app_version: string | null;
}

export const listSessions = (
  accountId: AccountId,
  { after, limit }: { readonly after: TimePosition | undefined; readonly limit: number },
) =>
  statement<SessionRow>(
    `select s.id, s.machine_id, m.hardware_id, m.name as machine_name, s.user_id, s.fence::int as fence, s.started_at, s.ip, s.agent, s.said_ip,
       s.said_agent, s.app_version, ${microsecondsOf('s.started_at')} as at, r.expires_at,
       coalesce(floor(extract(epoch from r.expires_at - app.now())), 0)::int as time_remaining,
       case when s.ended_at is not null then s.status when t.ended is not null then t.ended
         when t.expires_at > app.now() then 'active' else 'expired' end as status,
       case when s.ended_at is not null then s.ended_at when t.ended is not null then t.ended_at
         when t.expires_at <= app.now() then t.expires_at end as ended_at,
       case when s.ended_at is null then coalesce(t.renewed_at, s.last_heartbeat_at) else s.last_heartbeat_at end as last_heartbeat_at
     from coditect.licenses l join coditect.sessions s on s.license_id = l.id and s.account_id = l.account_id
       join coditect.machines m on m.account_id = s.account_id and m.id = s.machine_id
       left join limits.seats t on t.account_id = s.account_id and t.product = 'coditect' and t.name = 'seats'
         and t.machine = s.machine_id::text and t.id = s.id
       left join lateral (select t.expires_at where s.ended_at is null and t.ended is null and t.expires_at > app.now()) r on true
     where l.account_id = $1 and ($2::bigint is null or (s.started_at, s.id) < (${instantOf('$2')}, $3::uuid))
     order by s.started_at desc, s.id desc limit $4`,
    [accountId, after?.at ?? null, after?.id ?? null, limit],
  );

/** The machines of seats: what they are called, and who works on them. */
export const namesOf = (accountId: AccountId, seatIds: readonly string[]) =>
  statement<
    Pick<SessionRow, 'machine_id' | 'hardware_id' | 'machine_name' | 'user_id' | 'ip'> & { id: string }
  >(
    `select s.id, s.machine_id, m.hardware_id, m.name as machine_name, s.user_id, s.ip
     from coditect.sessions s join coditect.machines m on m.account_id = s.account_id and m.id = s.machine_id
     where s.account_id = $1 and s.id = any($2::uuid[])`,
    [accountId, seatIds],
  );
