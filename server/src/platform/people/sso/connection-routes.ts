import { namedObject, okReply, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import type { Sso } from './sso.ts';

const route = routesFor<Sso>();
const tag = 'Single sign-on';

const agreed = {
  issuer: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .describe('As the provider’s discovery document names itself, not that document’s address; https.'),
  client_id: z.string().min(1).max(500),
  enforced: z
    .boolean()
    .describe(
      'Whether members with an address in a proven domain must come by it; owners may come otherwise.',
    ),
  provisions: z.boolean().describe('Whether users who sign in through it become members.'),
  default_role: z.enum(['viewer', 'member']),
};
const connectionSchema = namedObject('SsoConnection', {
  ...agreed,
  proven_at: z.iso
    .datetime()
    .nullable()
    .describe('When a user first signed in with the present settings; null: never.'),
  redirect_uri: z.string().describe('What the provider must allow.'),
  updated_at: z.iso.datetime(),
});

const get = route(
  'GET /v1/organizations/:id/sso',
  {
    summary: 'Read how single sign-on is set up',
    description: 'For admins and owners. Without the client secret, which cannot be read.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    reply: { 200: connectionSchema },
    errors: ['not_found', 'forbidden', 'sso_unconfigured'],
  },
  ({ caller, params, origin }, { connections }) =>
    connections.get({ caller, origin, organization: params.id }),
);

const put = route(
  'PUT /v1/organizations/:id/sso',
  {
    summary: 'Set up single sign-on',
    description:
      'For owners, in a session that was proven within the last 15 minutes: a provider signs in as whomever it names, owners too. `client_secret` is needed with another issuer or client. Requiring it (`enforced`) takes a proven domain, and that somebody has signed in by it as it is; it ends the sessions of members that were opened otherwise. Another issuer or client ends those that the one before opened.',
    tag,
    auth: 'user',
    within: 'owner',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 20, by: 'user' },
    body: namedObject('SetSsoConnectionRequest', {
      ...agreed,
      client_secret: z.string().min(1).max(2_000).optional(),
    }),
    reply: { 200: connectionSchema },
    errors: ['not_found', 'forbidden', 'email_not_verified', 'step_up_required', 'sso_unproven'],
  },
  ({ caller, params, body, origin }, { connections }) =>
    connections.put({ caller, origin, organization: params.id }, body),
);

const remove = route(
  'DELETE /v1/organizations/:id/sso',
  {
    summary: 'End single sign-on',
    description:
      'For owners, in a session that was proven within the last 15 minutes. Members stay and sign in another way; sessions that it opened end. A member without a password gets one by “forgot password”. Domains stay proven.',
    tag,
    auth: 'user',
    within: 'owner',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 20, by: 'user' },
    reply: { 200: okReply },
    errors: ['not_found', 'forbidden', 'step_up_required', 'sso_unconfigured'],
  },
  async ({ caller, params, origin }, { connections }) => {
    await connections.remove({ caller, origin, organization: params.id });
    return { ok: true };
  },
);

const forget = route(
  'DELETE /v1/organizations/:id/sso/links/:user_id',
  {
    summary: 'Remove the single sign-on link of a user',
    description:
      'For admins and owners, in a session that was proven within the last 15 minutes. For somebody whom the provider has made anew, or who was removed and may come back: at their next sign-in they are looked up by their address. Their sessions that the provider opened end.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 60, by: 'user' },
    reply: { 200: okReply },
    errors: ['not_found', 'forbidden', 'step_up_required'],
  },
  async ({ caller, params, origin }, { connections }) => {
    await connections.forget({ caller, origin, organization: params.id }, params.user_id);
    return { ok: true };
  },
);

/** Calls on what an organization has agreed with its provider. */
export const connectionRoutes: Route[] = [get, put, remove, forget];
