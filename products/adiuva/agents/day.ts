import type { ChatContext } from '../request.ts';

const NAMES = ['time_zone', 'timezone', 'timeZone'];

/** Where the user's days begin: the profile's time zone if it has one that exists, otherwise UTC. */
export function timeZoneOf({ user_profile }: Pick<ChatContext, 'user_profile'>): string {
  const named = NAMES.map((name) => user_profile[name]).find((zone) => typeof zone === 'string');
  return named !== undefined && isTimeZone(named) ? named : 'UTC';
}

function isTimeZone(zone: unknown): zone is string {
  try {
    return typeof zone === 'string' && Intl.DateTimeFormat('sv', { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}

/** The date of an instant in a time zone, `2026-11-24`; undefined for what is no instant. */
export function dateIn(timeZone: string, milliseconds: unknown): string | undefined {
  const at = typeof milliseconds === 'number' ? new Date(milliseconds) : undefined;
  if (at === undefined || Number.isNaN(at.getTime())) return undefined;
  return new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' }).format(at);
}
