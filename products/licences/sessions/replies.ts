import { namedObject } from 'plinth/product';
import { z } from 'zod';
import { HEARTBEAT_INTERVAL, type AcquireResult, type HeldSeat } from './sessions.ts';
import type { SeatHolder } from './holders.ts';
import type { SessionRow } from './store.ts';

const instant = z.iso.datetime();
export const STATUSES = ['active', 'released', 'expired', 'taken_over', 'suspended', 'forced'] as const;

const running = {
  is_active: z.boolean(),
  time_remaining: z.int().describe('Seconds until `expires_at`; 0 of a session that is over.'),
};

const kept = {
  session_id: z.uuid(),
  signed_token: z
    .string()
    .describe('A compact JWS (EdDSA). Its holder may work until `exp`, and until `off` without the server.'),
  expires_at: instant.describe('When the seat is free again without a heartbeat.'),
  heartbeat_interval: z.int().describe('Seconds until the next heartbeat.'),
  offline_until: instant.nullable().describe('Until when the program may work without the server.'),
  server_time: instant,
  ...running,
};

export const heldReply = namedObject('LicenseHeartbeat', kept);

export const acquiredReply = namedObject('LicenseSession', {
  ...kept,
  license_id: z.uuid(),
  current_seats_used: z.int(),
  max_seats: z.int(),
});

export const seatsReply = namedObject('LicenseSeats', {
  max_seats: z.int(),
  current_seats_used: z.int(),
  seats: z.array(
    namedObject('LicenseSeat', {
      session_id: z.uuid(),
      machine_id: z.uuid(),
      hardware_id: z.string(),
      machine_name: z.string().nullable(),
      user_id: z.uuid().nullable(),
      ip: z.string().nullable(),
      started_at: instant,
      last_heartbeat_at: instant,
      occupied_until: instant,
      offline_until: instant.nullable(),
      ended: z
        .enum(STATUSES)
        .nullable()
        .describe(
          'The reason why it ended. It is not renewed, and its offline lease still occupies the seat.',
        ),
    }),
  ),
});

export const sessionReply = namedObject('LicenseSessionRecord', {
  session_id: z.uuid(),
  machine_id: z.uuid(),
  hardware_id: z.string(),
  machine_name: z.string().nullable(),
  user_id: z.uuid().nullable(),
  fence: z.int(),
  status: z.enum(STATUSES),
  started_at: instant,
  ended_at: instant.nullable().describe('When it really ended: of one that ran out, when its seat did.'),
  duration_seconds: z.int().nullable().describe('How long it lasted; null: it goes on.'),
  last_heartbeat_at: instant,
  expires_at: instant.nullable().describe('When its seat is free without a heartbeat; null: it is over.'),
  ...running,
  ip: z.string().nullable().describe('As the server saw it; for owners and admins.'),
  user_agent: z.string().nullable(),
  said_ip: z.string().nullable().describe('`user_ip`, as the program said it; for owners and admins.'),
  said_user_agent: z.string().nullable(),
  app_version: z.string().nullable(),
});

export function shownHeld({ session, times, token }: HeldSeat) {
  return {
    session_id: session.id,
    signed_token: token,
    expires_at: times.expiresAt.toISOString(),
    heartbeat_interval: HEARTBEAT_INTERVAL,
    offline_until: times.offlineUntil?.toISOString() ?? null,
    server_time: times.at.toISOString(),
    is_active: true,
    time_remaining: Math.floor((times.expiresAt.getTime() - times.at.getTime()) / 1_000),
  };
}

export function shownAcquired({ held, used, max }: Extract<AcquireResult, { readonly kind: 'acquired' }>) {
  return {
    ...shownHeld(held),
    license_id: held.session.licenseId,
    current_seats_used: used,
    max_seats: max,
  };
}

export function shownHolder({ seat, hardwareId, machineName, userId, ip }: SeatHolder) {
  return {
    session_id: seat.id,
    machine_id: seat.machine,
    hardware_id: hardwareId,
    machine_name: machineName,
    user_id: userId,
    ip,
    started_at: seat.takenAt.toISOString(),
    last_heartbeat_at: seat.renewedAt.toISOString(),
    occupied_until: seat.expiresAt.toISOString(),
    offline_until: seat.offlineUntil?.toISOString() ?? null,
    ended: seat.ended,
  };
}

/** Where people work from is for those who manage the account. */
export function shownSession(row: SessionRow, isManager: boolean) {
  return {
    session_id: row.id,
    machine_id: row.machine_id,
    hardware_id: row.hardware_id,
    machine_name: row.machine_name,
    user_id: row.user_id,
    fence: row.fence,
    status: row.status,
    started_at: row.started_at.toISOString(),
    ended_at: row.ended_at?.toISOString() ?? null,
    duration_seconds: row.ended_at && Math.round((row.ended_at.getTime() - row.started_at.getTime()) / 1_000),
    last_heartbeat_at: row.last_heartbeat_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
    is_active: row.status === 'active',
    time_remaining: row.time_remaining,
    ip: isManager ? row.ip : null,
    user_agent: isManager ? row.agent : null,
    said_ip: isManager ? row.said_ip : null,
    said_user_agent: isManager ? row.said_agent : null,
    app_version: row.app_version,
  };
}

const ID = '0193a000-0000-7000-8000-000000000101';
const MACHINE = '0193a000-0000-7000-8000-000000000102';
export const TOKEN = 'eyJhbGciOiJFZERTQSJ9.eyJzaWQiOiIwMTkzYTAwMCJ9.c2lnbmF0dXJl';
export const EXAMPLE = { id: ID, machine: MACHINE };
