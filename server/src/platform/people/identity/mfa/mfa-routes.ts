import { namedObject, okReply, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import { passwordSchema } from '../fields.ts';
import type { Mfa } from './mfa.ts';
import { tokensSchema } from '../sessions/sign-in-replies.ts';
import {
  assertionSchema,
  deviceFields,
  deviceOf,
  passkeyViewSchema,
  requestOptionsSchema,
} from './passkey-schemas.ts';
import { RECOVERY_CODE } from './recovery-codes.ts';
import type { StepUpProof } from './step-up.ts';

const route = routesFor<{ readonly mfa: Mfa }>();
const tag = 'Second factors';
const NONE = 'It takes no Idempotency-Key: ';

const code = z.string().regex(/^\d{6}$/, 'must be six digits');
const factor = {
  code: code.optional().describe('Of an authenticator app.'),
  recovery_code: z.string().max(80).regex(RECOVERY_CODE, 'must be a recovery code').optional(),
  passkey: assertionSchema.optional(),
};
const mfaToken = z.string().min(1).max(200);
const recoveryCodes = z.array(z.string()).describe('Shown once. Each is good once, in place of a factor.');

const needsOne = { message: 'needs one proof', path: ['code'] };
const isOne = ({ password, code: typed, recovery_code: recovery, passkey }: StepUpProof) =>
  [password, typed, recovery, passkey].filter((one) => one !== undefined).length === 1;

const readStatus = route(
  'GET /v1/auth/mfa',
  {
    summary: 'Read your second factors',
    tag,
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 60, by: 'user' },
    reply: {
      200: namedObject('MfaStatus', {
        enabled: z.boolean().describe('Whether a sign-in asks for a second factor.'),
        totp: z.boolean(),
        recovery_codes_left: z.int(),
        passkeys: z.array(passkeyViewSchema),
      }),
    },
  },
  ({ caller }, { mfa }) => mfa.status(caller),
);

const enrol = route(
  'POST /v1/auth/mfa/totp',
  {
    summary: 'Start the set-up of an authenticator app',
    description: `Shows a new secret, also as a URI for a QR code. Nothing changes before \`totp/confirm\` is called with a code of it, within 15 minutes; then it takes the place of an app that there is. ${NONE}a newer secret replaces the one before.`,
    tag,
    auth: 'user',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 10, by: 'user' },
    reply: { 200: namedObject('TotpEnrollment', { secret: z.string(), otpauth_uri: z.string() }) },
    idempotency: 'none',
  },
  async ({ caller }, { mfa }) => {
    const { secret, uri } = await mfa.totp.enrol(caller);
    return { secret, otpauth_uri: uri };
  },
);

const confirm = route(
  'POST /v1/auth/mfa/totp/confirm',
  {
    summary: 'Confirm an authenticator app',
    description: `From now on each sign-in asks for a second factor. A first factor comes with ten recovery codes, which are shown here alone. ${NONE}a code is good once.`,
    tag,
    auth: 'user',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 10, by: 'user' },
    body: namedObject('ConfirmTotpRequest', { code }),
    reply: { 200: namedObject('TotpConfirmation', { recovery_codes: recoveryCodes.nullable() }) },
    errors: ['mfa_refused', 'conflict'],
    idempotency: 'none',
  },
  async ({ caller, body, origin }, { mfa }) => ({
    recovery_codes: await mfa.totp.confirm(caller, body.code, origin),
  }),
);

const removeTotp = route(
  'DELETE /v1/auth/mfa/totp',
  {
    summary: 'Remove the authenticator app',
    tag,
    auth: 'user',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 10, by: 'user' },
    reply: { 200: okReply },
    errors: ['not_found'],
  },
  async ({ caller, origin }, { mfa }) => {
    await mfa.totp.remove(caller, origin);
    return { ok: true };
  },
);

const renewCodes = route(
  'POST /v1/auth/mfa/recovery-codes',
  {
    summary: 'Create new recovery codes',
    description: 'Those before are no longer good.',
    tag,
    auth: 'user',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 5, by: 'user' },
    reply: {
      200: namedObject('RecoveryCodes', {
        recovery_codes: recoveryCodes
          .nullable()
          .describe('Shown once: null where the call is repeated with its Idempotency-Key.'),
      }),
    },
    errors: ['conflict'],
    secrets: ['recovery_codes'],
  },
  ({ caller, origin, once }, { mfa }) => mfa.newRecoveryCodes(caller, origin, once),
);

const challengeOptions = route(
  'POST /v1/auth/mfa/options',
  {
    summary: 'Create passkey options for the second factor',
    description: `For \`navigator.credentials.get()\`; its answer goes to \`mfa/verify\`, once, within five minutes. ${NONE}each call creates new options.`,
    tag,
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    body: namedObject('MfaOptionsRequest', { mfa_token: mfaToken }),
    reply: { 200: requestOptionsSchema },
    errors: ['mfa_over'],
    idempotency: 'none',
  },
  ({ body }, { mfa }) => mfa.challenge.options(body.mfa_token),
);

const verify = route(
  'POST /v1/auth/mfa/verify',
  {
    summary: 'End a sign-in with a second factor',
    description: `Takes one of \`code\`, \`recovery_code\` and \`passkey\`. A challenge is good for ten minutes and five tries. ${NONE}a challenge is answered once.`,
    tag,
    session: 'opens',
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    body: namedObject('VerifyMfaRequest', { mfa_token: mfaToken, ...factor, ...deviceFields }).refine(
      isOne,
      needsOne,
    ),
    reply: { 200: tokensSchema },
    errors: [
      'mfa_refused',
      'mfa_over',
      'mfa_paused',
      'user_suspended',
      'user_closed',
      'email_not_verified',
      'sso_required',
    ],
    idempotency: 'none',
  },
  ({ body, origin }, { mfa }) =>
    mfa.challenge.answer({ mfaToken: body.mfa_token, proof: body, device: deviceOf(body) }, origin),
);

const stepUpOptions = route(
  'POST /v1/auth/step-up/options',
  {
    summary: 'Create passkey options for step-up',
    description: `For \`navigator.credentials.get()\`; its answer goes to \`step-up\`, once, within five minutes. ${NONE}each call creates new options.`,
    tag,
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 20, by: 'user' },
    reply: { 200: requestOptionsSchema },
    idempotency: 'none',
  },
  ({ caller }, { mfa }) => mfa.stepUp.options(caller),
);

const stepUp = route(
  'POST /v1/auth/step-up',
  {
    operation: 'proveSession',
    summary: 'Confirm your identity again (step-up)',
    description: `For 15 minutes this session may then make the calls that are refused with \`step_up_required\`. Takes one of \`code\`, \`recovery_code\` and \`passkey\`; \`password\` alone where there is no second factor. ${NONE}a repeated call changes nothing.`,
    tag,
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 10, by: 'user' },
    body: namedObject('StepUpRequest', { password: passwordSchema.optional(), ...factor }).refine(
      isOne,
      needsOne,
    ),
    reply: { 200: okReply },
    errors: ['wrong_password', 'mfa_refused', 'mfa_paused', 'step_up_required', 'busy'],
    idempotency: 'none',
  },
  async ({ caller, body, origin }, { mfa }) => {
    await mfa.stepUp.answer(caller, body, origin);
    return { ok: true };
  },
);

const reset = route(
  'POST /v1/admin/users/:id/mfa/reset',
  {
    summary: 'Remove all second factors of a user',
    description: `For somebody who has lost them: make sure by other means who asks. Their sessions end, and a mail tells them. ${NONE}a repeated call changes nothing.`,
    tag: 'Admin',
    auth: 'admin',
    scope: 'admin:write',
    stepUp: true,
    rate: { perMinute: 30, by: 'user' },
    reply: { 200: okReply },
    errors: ['not_found', 'conflict'],
    idempotency: 'none',
  },
  async ({ caller, params, origin }, { mfa }) => {
    await mfa.reset(caller, params.id, origin);
    return { ok: true };
  },
);

/** Calls on codes, challenges and step-up. */
export const mfaRoutes: Route[] = [
  readStatus,
  enrol,
  confirm,
  removeTotp,
  renewCodes,
  challengeOptions,
  verify,
  stepUpOptions,
  stepUp,
  reset,
];
