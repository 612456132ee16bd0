import { answer, namedObject, okReply, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import type { Mfa } from './mfa.ts';
import { tokensSchema } from '../sessions/sign-in-replies.ts';
import {
  assertionSchema,
  creationOptionsSchema,
  credentialSchema,
  deviceFields,
  deviceOf,
  passkeyViewSchema,
  requestOptionsSchema,
} from './passkey-schemas.ts';

const route = routesFor<{ readonly mfa: Mfa }>();
const tag = 'Second factors';
const name = z.string().trim().min(1).max(100);
const NONE = 'It takes no Idempotency-Key: ';

const loginOptions = route(
  'POST /v1/auth/passkey/options',
  {
    summary: 'Create passkey options for a sign-in without password',
    description: `For \`navigator.credentials.get()\`; its answer goes to \`passkey\`, once, within five minutes. ${NONE}each call creates new options.`,
    tag,
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    reply: { 200: requestOptionsSchema },
    idempotency: 'none',
  },
  (_call, { mfa }) => mfa.passkeyLogin.options(),
);

const login = route(
  'POST /v1/auth/passkey',
  {
    operation: 'signInByPasskey',
    summary: 'Sign in with a passkey',
    description: `No second factor is asked for: a passkey is held, and verifies who holds it. ${NONE}an answer of a passkey is good once.`,
    tag,
    session: 'opens',
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    body: namedObject('PasskeySignInRequest', { credential: assertionSchema, ...deviceFields }),
    reply: { 200: tokensSchema },
    errors: ['mfa_refused', 'user_suspended', 'user_closed', 'email_not_verified', 'sso_required'],
    idempotency: 'none',
  },
  ({ body, origin }, { mfa }) =>
    mfa.passkeyLogin.answer({ assertion: body.credential, device: deviceOf(body) }, origin),
);

const options = route(
  'POST /v1/auth/mfa/passkeys/options',
  {
    summary: 'Create passkey options for registration',
    description: `For \`navigator.credentials.create()\`; its answer goes to \`passkeys\`, once, in this session, within five minutes. ${NONE}each call creates new options.`,
    tag,
    auth: 'user',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 20, by: 'user' },
    reply: { 200: creationOptionsSchema },
    errors: ['conflict'],
    idempotency: 'none',
  },
  ({ caller }, { mfa }) => mfa.passkeys.options(caller),
);

const add = route(
  'POST /v1/auth/mfa/passkeys',
  {
    summary: 'Add a passkey',
    description: `It signs in alone, and is a second factor for other sign-ins, which ask for one from now on. A first factor comes with ten recovery codes, which are shown here alone. ${NONE}an answer of a browser is good once.`,
    tag,
    auth: 'user',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 10, by: 'user' },
    body: namedObject('AddPasskeyRequest', { name, credential: credentialSchema }),
    reply: {
      201: namedObject('AddedPasskey', {
        passkey: passkeyViewSchema,
        recovery_codes: z.array(z.string()).nullable(),
      }),
    },
    errors: ['passkey_invalid', 'conflict'],
    idempotency: 'none',
  },
  async ({ caller, body, origin }, { mfa }) => answer(201, await mfa.passkeys.add(caller, body, origin)),
);

const rename = route(
  'PATCH /v1/auth/mfa/passkeys/:id',
  {
    summary: 'Rename a passkey',
    tag,
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 30, by: 'user' },
    body: namedObject('RenamePasskeyRequest', { name }),
    reply: { 200: passkeyViewSchema },
    errors: ['not_found'],
  },
  ({ caller, params: { id }, body, origin }, { mfa }) =>
    mfa.passkeys.rename(caller, { id, name: body.name }, origin),
);

const remove = route(
  'DELETE /v1/auth/mfa/passkeys/:id',
  {
    summary: 'Remove a passkey',
    tag,
    auth: 'user',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 30, by: 'user' },
    reply: { 200: okReply },
    errors: ['not_found'],
  },
  async ({ caller, params, origin }, { mfa }) => {
    await mfa.passkeys.remove(caller, params.id, origin);
    return { ok: true };
  },
);

/** Calls on passkeys. */
export const passkeyRoutes: Route[] = [loginOptions, login, options, add, rename, remove];
