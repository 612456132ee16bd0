import { namedObject } from '#platform/http';
import { z } from 'zod';
import { deviceNameSchema } from '../fields.ts';
import type { DeviceGiven } from '../sessions/devices.ts';

const bytes = (most: number) =>
  z
    .string()
    .regex(/^[\w-]+$/, 'must be base64url')
    .max(most);
/** 1023 bytes at most (WebAuthn, credential ID). */
const credentialId = bytes(1_400);
const client = {
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  authenticatorAttachment: z.string().max(40).nullable().optional(),
  clientExtensionResults: z.record(z.string().max(100), z.unknown()).optional(),
};

/** The result of `navigator.credentials.create()`, by its `toJSON()`. */
export const credentialSchema = namedObject('PasskeyAttestation', {
  ...client,
  response: namedObject('PasskeyAttestationResponse', {
    clientDataJSON: bytes(4_000),
    attestationObject: bytes(20_000),
    authenticatorData: bytes(8_000).optional(),
    publicKey: bytes(8_000).optional(),
    publicKeyAlgorithm: z.number().optional(),
    transports: z
      .array(z.string().regex(/^[a-z-]{1,20}$/, 'must be a word'))
      .max(10)
      .optional(),
  }),
});
export type Credential = z.infer<typeof credentialSchema>;

/** The result of `navigator.credentials.get()`, by its `toJSON()`. */
export const assertionSchema = namedObject('PasskeyAssertion', {
  ...client,
  response: namedObject('PasskeyAssertionResponse', {
    clientDataJSON: bytes(4_000),
    authenticatorData: bytes(8_000),
    signature: bytes(8_000),
    userHandle: bytes(100).nullable().optional(),
  }),
});
export type Assertion = z.infer<typeof assertionSchema>;

const descriptor = namedObject('PasskeyDescriptor', {
  id: z.string(),
  type: z.literal('public-key'),
  transports: z.array(z.string()).optional(),
});

/** For `PublicKeyCredential.parseCreationOptionsFromJSON()`. */
export const creationOptionsSchema = z
  .looseObject({
    challenge: z.string(),
    rp: z.looseObject({ id: z.string().optional(), name: z.string() }).meta({ id: 'PasskeyRelyingParty' }),
    user: z
      .looseObject({ id: z.string(), name: z.string(), displayName: z.string() })
      .meta({ id: 'PasskeyUser' }),
    pubKeyCredParams: z.array(
      namedObject('PasskeyAlgorithm', { type: z.literal('public-key'), alg: z.int() }),
    ),
    excludeCredentials: z.array(descriptor).optional(),
  })
  .meta({ id: 'PasskeyCreationOptions' });

/** For `PublicKeyCredential.parseRequestOptionsFromJSON()`. */
export const requestOptionsSchema = z
  .looseObject({
    challenge: z.string(),
    rpId: z.string().optional(),
    userVerification: z.string().optional(),
    allowCredentials: z.array(descriptor).optional(),
  })
  .meta({ id: 'PasskeyRequestOptions' });

/** A client's description of its device where a session is opened. */
export const deviceFields = {
  device_name: deviceNameSchema.optional(),
  former_refresh_token: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('As at a log-in: by a device that is known, no mail tells of a new one.'),
};

interface DeviceFields {
  readonly device_name?: string | undefined;
  readonly former_refresh_token?: string | undefined;
}

export const deviceOf = (said: DeviceFields): DeviceGiven => ({
  name: said.device_name,
  formerToken: said.former_refresh_token,
});

export const passkeyViewSchema = namedObject('Passkey', {
  id: z.uuid(),
  name: z.string(),
  synced: z.boolean().describe('Whether it is kept in several devices, as by a password manager.'),
  created_at: z.iso.datetime(),
  last_used_at: z.iso.datetime().nullable(),
});
