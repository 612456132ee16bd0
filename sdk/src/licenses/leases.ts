import { CLOCK_SLACK, passedSince, type ServerClock } from './clock.ts';
import type { Granted } from './server.ts';
import type { KeptState } from './state-file.ts';
import { type Lease, leaseEnd, leaseIn, type PublicKey } from './tokens.ts';

/** Until when a program may work: on what it holds, and on what an earlier run was handed out. */
export const endOf = (lease: Lease, former: Lease | undefined) =>
  Math.max(leaseEnd(lease), former?.offlineUntil ?? 0);

/** Whether what an earlier run was handed out is of the same licence, and goes on. */
export function isOwed(former: Lease | undefined, { licenseId }: Lease, now: number): boolean {
  return former?.licenseId === licenseId && (former.offlineUntil ?? 0) > now;
}

/** Whether a lease was signed for this call, and is no answer to an earlier one. */
export function answers({ sessionId, nonce }: Lease, granted: Granted): boolean {
  return sessionId === granted.sessionId && nonce === granted.nonce;
}

/** The last lease for work without the server that was handed out to earlier runs. */
export function lastHandedOut({ token, former }: KeptState, keys: readonly PublicKey[]): Lease | undefined {
  const leases = [token, former].flatMap((one) => leaseIn(one ?? '', keys) ?? []);
  const handedOut = leases.filter(({ offlineUntil }) => offlineUntil !== undefined);
  return handedOut.sort((a, b) => (b.offlineUntil ?? 0) - (a.offlineUntil ?? 0))[0];
}

/** A heartbeat's answer renews the lease that is held, and is not an older one of it. */
export function follows(lease: Lease, held: Lease | undefined): boolean {
  if (held === undefined) return true;
  const { sessionId, fence, serverTime } = lease;
  return sessionId === held.sessionId && fence === held.fence && serverTime >= held.serverTime - CLOCK_SLACK;
}

/** A lease of a later session or a later heartbeat than what is held. */
export function isNewer(lease: Lease, held: Lease | undefined): boolean {
  if (held === undefined) return true;
  if (lease.licenseId !== held.licenseId || lease.fence !== held.fence) return lease.fence > held.fence;
  return lease.serverTime > held.serverTime;
}

export function resumedFrom({ token, seen }: KeptState, keys: readonly PublicKey[], clock: ServerClock) {
  const lease = token === undefined ? undefined : leaseIn(token, keys);
  if (lease === undefined || seen === undefined) return undefined;
  const passed = passedSince(seen.at, clock.reading());
  if (passed === 'set_back') return passed;
  return { lease, serverTime: Math.max(seen.serverTime + passed, lease.serverTime) };
}

export function mergedKeys(known: readonly PublicKey[], fetched: readonly PublicKey[]): readonly PublicKey[] {
  const fresh = fetched.filter(({ kid }) => !known.some((key) => key.kid === kid));
  return [...known, ...fresh];
}
