import { isIP } from 'node:net';
import type { Values } from './settings.ts';

/** Names that passkeys are bound to (docs/mfa.md). */
export interface PasskeysSettings {
  /** The domain of the web app, or one above it. */
  readonly rpId: string;
  /** The pages that sign in: origins, or `http://localhost:*` for any port. */
  readonly origins: readonly string[];
}

const THIS_MACHINE = 'localhost';

/** Reads what passkeys are bound to: the host of PUBLIC_URL unless it is said. What is wrong is added to `problems`, a line each. */
export function readPasskeys(values: Values, problems: string[]): PasskeysSettings {
  const host = values.PUBLIC_URL === undefined ? THIS_MACHINE : new URL(values.PUBLIC_URL).hostname;
  // Browsers make no passkeys for an address that is a number.
  const ours = isAddress(host) ? THIS_MACHINE : host;
  const rpId = values.PASSKEY_DOMAIN ?? ours;
  const origins = values.PASSKEY_ORIGINS ?? [originOf(values, ours)];
  if (values.PASSKEY_DOMAIN !== undefined && values.PASSKEY_ORIGINS === undefined && !isBelow(ours, rpId))
    problems.push('PASSKEY_DOMAIN is not the host of PUBLIC_URL, nor above it: set PASSKEY_ORIGINS too.');
  else if (!origins.every((origin) => mayUse(origin, rpId)))
    problems.push(
      `PASSKEY_ORIGINS must be https:// origins at or below ${rpId}, http://localhost, or android:apk-key-hash:….`,
    );
  return { rpId, origins };
}

function originOf({ PUBLIC_URL: url }: Values, host: string): string {
  return url === undefined || host === THIS_MACHINE ? `http://${THIS_MACHINE}:*` : new URL(url).origin;
}

/** An origin that a browser would refuse is refused at the start: another domain, and http on anything but this machine. */
function mayUse(origin: string, rpId: string): boolean {
  if (origin.startsWith('android:apk-key-hash:')) return true;
  const [, scheme, host = ''] = /^(https?):\/\/([^\s/:]+)(?::(?:\d{1,5}|\*))?$/.exec(origin) ?? [];
  if (scheme === undefined || !isBelow(host, rpId)) return false;
  if (host === THIS_MACHINE || host.endsWith(`.${THIS_MACHINE}`)) return true;
  return scheme === 'https' && !origin.endsWith(':*');
}

const isBelow = (host: string, domain: string) => host === domain || host.endsWith(`.${domain}`);

const isAddress = (host: string) => isIP(host) !== 0 || host.startsWith('[');
