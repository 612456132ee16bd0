import { originsAllowed } from '#platform/http';
import type { UserId } from '#platform/kernel';
import { z } from 'zod';
import type { PasskeyRow } from './passkey-store.ts';
import type { Assertion, Credential } from './passkey-schemas.ts';

/** Whose passkeys they are, as browsers understand it (WebAuthn, relying party). */
export interface PasskeySettings {
  /** The domain that passkeys are bound to: that of the web app, or one above it. */
  readonly rpId: string;
  /** As people know the product. */
  /** Name of the server, as customers know it now. */
  readonly rpName: () => string;
  /** Where sign-ins may come from: `https://app.example.com`, or `http://localhost:*` for any port. */
  readonly origins: readonly string[];
}

/** EdDSA, ES256 and RS256: what the authenticators of all makers have at least one of (COSE numbers). */
const ALGORITHMS = [-8, -7, -257];

/** Loaded by the first passkey that is asked for: its 260 modules cost a start 0.1 s of CPU and 13 MB. */
const loadWebauthn = () => import('@simplewebauthn/server');

/** For `navigator.credentials.create()`. The passkey is to be found without a name, and to ask for a PIN or a finger. */
export async function registrationOptions(
  { rpId, rpName }: PasskeySettings,
  asked: {
    readonly user: { readonly user_id: UserId; readonly email: string };
    readonly challenge: Uint8Array;
    readonly known: readonly PasskeyRow[];
  },
) {
  const { generateRegistrationOptions } = await loadWebauthn();
  return generateRegistrationOptions({
    rpID: rpId,
    rpName: rpName(),
    userID: new Uint8Array(Buffer.from(asked.user.user_id)),
    userName: asked.user.email,
    userDisplayName: asked.user.email,
    challenge: new Uint8Array(asked.challenge),
    attestationType: 'none',
    excludeCredentials: asked.known.map(describePasskey),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: ALGORITHMS,
  });
}

/** For `navigator.credentials.get()`: with one of the known passkeys, or with any that the browser finds. */
export async function requestOptions(
  { rpId }: PasskeySettings,
  { challenge, known }: { readonly challenge: Uint8Array; readonly known: readonly PasskeyRow[] | undefined },
) {
  const { generateAuthenticationOptions } = await loadWebauthn();
  return generateAuthenticationOptions({
    rpID: rpId,
    challenge: new Uint8Array(challenge),
    userVerification: 'required',
    ...(known === undefined ? {} : { allowCredentials: known.map(describePasskey) }),
  });
}

const describePasskey = ({ credential_id, transports }: PasskeyRow) => ({ id: credential_id, transports });

/** The browser's word on what it answered, and for whom; nothing of it is believed before the signature is checked. */
export interface ClientData {
  readonly challenge: string;
  readonly origin: string;
}

const clientDataSchema = z.object({ challenge: z.string(), origin: z.string() });

export function clientDataOf(encoded: string): ClientData | undefined {
  try {
    const parsed = clientDataSchema.safeParse(JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8')));
    return parsed.data;
  } catch {
    return undefined;
  }
}

/** Facts of a new passkey that are kept. */
export interface CheckedCredential {
  readonly credentialId: string;
  readonly publicKey: string;
  readonly counter: number;
  readonly synced: boolean;
}

/** The passkey that a browser has made for these bytes, of ours and on our pages; undefined for anything else. */
export async function checkedCredential(
  settings: PasskeySettings,
  response: Credential,
  asked: ClientData,
): Promise<CheckedCredential | undefined> {
  const { id, rawId, type } = response;
  const { clientDataJSON, attestationObject } = response.response;
  if (!originsAllowed(settings.origins)(asked.origin)) return undefined;
  const { verifyRegistrationResponse } = await loadWebauthn();
  const { registrationInfo: made } = await verifyRegistrationResponse({
    response: {
      id,
      rawId,
      type,
      response: { clientDataJSON, attestationObject },
      clientExtensionResults: {},
    },
    expectedChallenge: asked.challenge,
    expectedOrigin: asked.origin,
    expectedRPID: settings.rpId,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch(notVerified);
  if (made === undefined) return undefined;
  return {
    credentialId: made.credential.id,
    publicKey: Buffer.from(made.credential.publicKey).toString('base64url'),
    counter: made.credential.counter,
    synced: made.credentialBackedUp,
  };
}

/** The counter of a passkey that has signed these bytes, on our pages, for a user whom it has verified; else undefined. */
export async function checkedAssertion(
  settings: PasskeySettings,
  { response: given, key }: { readonly response: Assertion; readonly key: PasskeyRow },
  asked: ClientData,
): Promise<number | undefined> {
  const { id, rawId, type, response } = given;
  const { clientDataJSON, authenticatorData, signature } = response;
  if (!originsAllowed(settings.origins)(asked.origin)) return undefined;
  const { verifyAuthenticationResponse } = await loadWebauthn();
  const checked = await verifyAuthenticationResponse({
    response: {
      id,
      rawId,
      type,
      response: { clientDataJSON, authenticatorData, signature },
      clientExtensionResults: {},
    },
    expectedChallenge: asked.challenge,
    expectedOrigin: asked.origin,
    expectedRPID: settings.rpId,
    requireUserVerification: true,
    // Compared by us, when the row is locked: `usePasskey`.
    credential: { id: key.credential_id, publicKey: bytesOf(key.public_key), counter: 0 },
  }).catch(notVerified);
  return checked.verified ? checked.authenticationInfo.newCounter : undefined;
}

/** The library throws for everything that is wrong with an answer. */
const notVerified = () => ({ verified: false as const, registrationInfo: undefined });

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64url'));
}
