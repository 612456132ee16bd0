import { commitPoint } from '#platform/db';
import type { UserId } from '#platform/kernel';
import type { MfaParts } from './mfa-parts.ts';
import { passkeysOf, type Purpose, putCeremony, useCeremony } from './passkey-store.ts';
import { clientDataOf, type ClientData, requestOptions } from './webauthn.ts';

const BEGUN = commitPoint('identity.ceremony-begun', 'what an authenticator is to sign');
const USED = commitPoint('identity.ceremony-used', 'an answer of an authenticator, looked at once');

/** Options by which a browser asks for a passkey: for one of a user's, or for any of this site. */
export async function requestPasskey(
  { db, random, passkeySettings }: MfaParts,
  purpose: Purpose,
  userId?: UserId,
): ReturnType<typeof requestOptions> {
  const [known] =
    userId === undefined ? [undefined] : await db.system('identity.credentials', [passkeysOf(userId)]);
  const options = await requestOptions(passkeySettings, { challenge: random.bytes(32), known });
  await keepCeremony({ db }, options.challenge, purpose);
  return options;
}

/** Keeps what was answeredCeremony, until it is answered or five minutes are over. */
export async function keepCeremony(
  { db }: Pick<MfaParts, 'db'>,
  challenge: string,
  purpose: Purpose,
): Promise<void> {
  await db.system('identity.credentials', BEGUN, putCeremony(challenge, purpose));
}

/** The client data of an authenticator's answer, if it was asked so for this purpose. Uses the request up: each is answered once. */
export async function answeredCeremony(
  { db }: Pick<MfaParts, 'db'>,
  clientData: string,
  purpose: Purpose,
): Promise<ClientData | undefined> {
  const said = clientDataOf(clientData);
  if (said === undefined) return undefined;
  const [[used]] = await db.system('identity.credentials', USED, [useCeremony(said.challenge, purpose)]);
  return used && said;
}
