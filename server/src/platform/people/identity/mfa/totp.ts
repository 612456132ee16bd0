import { generateSecret, generateURI, verifySync } from 'otplib';

/** As all authenticator apps take it (RFC 6238): SHA-1, six digits, steps of 30 s. */
const PERIOD = 30;
/** 160 bits, the length of SHA-1's output (RFC 4226, section 4, R6). */
const SECRET_BYTES = 20;

/** The key that an authenticator app is given. */
export interface TotpKey {
  /** In base32, to be typed. */
  readonly secret: string;
  /** To be shown as a QR code. */
  readonly uri: string;
}

/** A new secret, for an app that shows it under these names. */
export function newTotpKey(names: { readonly issuer: string; readonly label: string }): TotpKey {
  const secret = generateSecret({ length: SECRET_BYTES });
  return { secret, uri: generateURI({ ...names, secret }) };
}

/**
 * The step of time that a code belongs to; none for a wrong one. The steps before and after the present one count too:
 * clocks differ, and people type. `now` is in Unix seconds.
 */
export function stepOf(
  code: string,
  { secret, now }: { readonly secret: string; readonly now: number },
): number | undefined {
  // Whether the step is used up is not asked here: the library throws where the clock was set back behind the last one.
  const found = verifySync({ secret, token: code, epoch: Math.floor(now), epochTolerance: PERIOD });
  return found.valid && 'timeStep' in found ? found.timeStep : undefined;
}
