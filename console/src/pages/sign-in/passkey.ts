import type { BodyOf, ReplyOf } from '@plinth/sdk';

type Assertion = BodyOf<'POST /v1/auth/passkey'>['credential'];
type Attestation = BodyOf<'POST /v1/auth/mfa/passkeys'>['credential'];

/** Has the person use one of their passkeys. Throws a DOMException where they don't. */
export async function askPasskey(options: ReplyOf<'POST /v1/auth/passkey/options'>): Promise<Assertion> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  return toJson<Assertion>(await navigator.credentials.get({ publicKey }));
}

/** Has the person make one. Throws a DOMException where they don't, or where this device has one already. */
export async function makePasskey(
  options: ReplyOf<'POST /v1/auth/mfa/passkeys/options'>,
): Promise<Attestation> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as unknown as PublicKeyCredentialCreationOptionsJSON,
  );
  return toJson<Attestation>(await navigator.credentials.create({ publicKey }));
}

const toJson = <T>(credential: Credential | null): T => (credential as PublicKeyCredential).toJSON() as T;
