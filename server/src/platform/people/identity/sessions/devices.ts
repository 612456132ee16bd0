import type { RequestOrigin } from '#platform/audit';
import type { Transaction } from '#platform/db';
import { addressBlock } from '#platform/http';
import { type Clock, sha256, type UserId } from '#platform/kernel';
import { type Mail, mailTimeNow } from '#platform/mail';
import { insertSession, isNewDevice } from './session-store.ts';
import type { CredentialRow } from '../users/user-store.ts';

/** Mails about new devices that a user gets in an hour at most: an attacker with the password may come from many. */
const MOST_MAILS = 3;

/** A client's description of its device when it signs in. */
export interface DeviceGiven {
  /** Its owner's name for it; else it is called by its user agent. */
  readonly name?: string | undefined;
  /** A refresh token of an earlier session on it, used or not. */
  readonly formerToken?: string | undefined;
}

export interface DevicesParts {
  readonly clock: Clock;
  readonly mail: Pick<Mail, 'sending' | 'recently' | 'wake'>;
  /** How many days a session lasts at most. */
  readonly sessionDays: number;
}

export interface Opening {
  readonly user: CredentialRow;
  readonly sessionId: string;
  readonly method: string;
  readonly origin: RequestOrigin;
  readonly device?: DeviceGiven | undefined;
}

/** Writes down a session and where it was opened. On a device that its user had none on yet, a mail says so; not for their first. */
export async function openOn(
  parts: DevicesParts,
  tx: Transaction,
  { user, sessionId, method, origin, device: given }: Opening,
): Promise<void> {
  const { user_id: userId } = user;
  const { ip, userAgent } = origin;
  const [device, ipBlock] = [deviceNameOf(userAgent), addressBlock(ip)];
  const tokenHash = given?.formerToken === undefined ? undefined : sha256(given.formerToken);
  const [[seen]] = await tx.runAll([
    isNewDevice(userId, { device, ipBlock, tokenHash }),
    insertSession({
      userId,
      sessionId,
      method,
      ip,
      ipBlock,
      userAgent,
      device,
      deviceName: given?.name,
      lifetimeDays: parts.sessionDays,
    }),
  ]);
  if (seen?.is_new !== true || seen.is_first || !(await mayMail(parts, tx, userId))) return;
  // Not the name that the client gives its device: that would put a stranger's words into our mail.
  const facts = { device, ip, at: mailTimeNow(parts.clock) };
  const { requestId } = origin;
  await tx.runAll(parts.mail.sending({ to: user.email, template: 'new_device', facts, userId, requestId }));
}

async function mayMail({ mail }: DevicesParts, tx: Transaction, userId: UserId): Promise<boolean> {
  const [sent] = await tx.run(mail.recently(userId, 'new_device'));
  return (sent?.count ?? 0) < MOST_MAILS;
}

// The first that is found: most browsers also say that they are others.
const BROWSERS: readonly (readonly [sign: RegExp, name: string])[] = [
  [/\bEdg/, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
const SYSTEMS: readonly (readonly [sign: RegExp, name: string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMacintosh\b/, 'Mac'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];
/** `curl/8.5.0`; letters, digits and dashes alone, so that no mail shows an address that a stranger made up. */
const PROGRAM = /^([A-Za-z][A-Za-z0-9-]{0,30})\//;

/** Name of a device by its user agent, in words: `Firefox on Windows`, `curl`. */
export function deviceNameOf(userAgent: string): string {
  const findName = (list: typeof BROWSERS) => list.find(([sign]) => sign.test(userAgent))?.[1];
  const [browser, system] = [findName(BROWSERS), findName(SYSTEMS)];
  if (browser !== undefined && system !== undefined) return `${browser} on ${system}`;
  const program = PROGRAM.exec(userAgent)?.[1];
  return browser ?? system ?? (program === 'Mozilla' ? undefined : program) ?? 'An unknown device';
}
