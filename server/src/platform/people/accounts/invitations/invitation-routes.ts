import { namedObject, okReply, pageOf, pageQuery, ROLES, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import type { Accounts } from '../accounts.ts';
import { after } from '../cursors.ts';
import { organizationSchema } from '../organizations/organization-routes.ts';

const route = routesFor<Accounts>();
const tag = 'Organizations';

const invitationSchema = namedObject('Invitation', {
  id: z.uuid(),
  email: z.string(),
  role: z.enum(ROLES),
  status: z.enum(['open', 'expired']),
  invited_by: z.uuid(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
});

const listInvitations = route(
  'GET /v1/organizations/:id/invitations',
  {
    summary: 'List the invitations of an organization',
    description: 'For admins and owners. Newest first; those that were accepted or revoked are gone.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(invitationSchema) },
    errors: ['not_found', 'forbidden'],
  },
  ({ caller, params, query, origin }, { invitations }) =>
    invitations.list(
      { caller, origin, organization: params.id },
      { after: after(query), limit: query.limit },
    ),
);

const invite = route(
  'POST /v1/organizations/:id/invitations',
  {
    summary: 'Invite somebody by email',
    description:
      'For admins and owners with a verified email; only an owner invites an owner, in a session that began less than 15 minutes ago. The mail holds a link that is good once, for 7 days. Whether anybody has registered with the address does not show. An address has one open invitation, and a second is refused.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'account:write',
    rate: { perMinute: 20, by: 'user' },
    // A stranger's letter box is not filled by us, however many organizations a caller makes.
    rateOf: { name: 'email', perMinute: 5, of: ({ body }) => body.email.toLowerCase() },
    body: namedObject('CreateInvitationRequest', { email: z.email().max(254), role: z.enum(ROLES) }),
    reply: { 201: invitationSchema },
    errors: [
      'not_found',
      'forbidden',
      'email_not_verified',
      'step_up_required',
      'already_member',
      'already_invited',
      'invited_too_often',
    ],
    private: true,
  },
  ({ caller, params, body, origin, once }, { invitations }) =>
    invitations.invite({ caller, origin, organization: params.id, once }, body),
);

const resendInvitation = route(
  'POST /v1/organizations/:id/invitations/:invitation_id/resend',
  {
    summary: 'Send an invitation anew',
    description: 'For users who may create it. The new link is valid for 7 days; earlier links are invalid.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'account:write',
    rate: { perMinute: 10, by: 'user' },
    rateOf: { name: 'invitation', perMinute: 5, of: ({ params }) => params.invitation_id },
    reply: { 200: invitationSchema },
    errors: ['not_found', 'forbidden', 'email_not_verified', 'step_up_required', 'invited_too_often'],
    private: true,
  },
  ({ caller, params, origin, once }, { invitations }) =>
    invitations.resend({ caller, origin, organization: params.id, once }, params.invitation_id),
);

const revokeInvitation = route(
  'DELETE /v1/organizations/:id/invitations/:invitation_id',
  {
    summary: 'Revoke an invitation',
    description: 'For users who may create it.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'account:write',
    rate: { perMinute: 60, by: 'user' },
    reply: { 200: okReply },
    errors: ['not_found', 'forbidden'],
  },
  async ({ caller, params, origin }, { invitations }) => {
    await invitations.revoke({ caller, origin, organization: params.id }, params.invitation_id);
    return { ok: true };
  },
);

const acceptInvitation = route(
  'POST /v1/invitations/accept',
  {
    summary: 'Accept an invitation',
    description:
      'With the token of the mail, once, as the user with the email that it was sent to, which must be verified. It takes no Idempotency-Key: a repeated call changes nothing.',
    tag,
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 20, by: 'user' },
    body: namedObject('AcceptInvitationRequest', { token: z.string().min(1).max(200) }),
    reply: { 200: organizationSchema },
    errors: [
      'not_found',
      'invitation_for_another',
      'email_not_verified',
      'invitation_expired',
      'already_member',
      'conflict',
      'too_many_organizations',
    ],
    idempotency: 'none',
  },
  ({ caller, body, origin }, accounts) => accounts.accept(caller, body.token, origin),
);

const openInvitation = route(
  'POST /v1/invitations/open',
  {
    operation: 'openInvitation',
    summary: 'Learn who invites whom to what, by the token of the mail',
    description:
      'For the page behind the link, before its reader signs in. It takes no Idempotency-Key: it changes nothing.',
    tag,
    auth: 'none',
    rate: { perMinute: 30, by: 'ip' },
    body: namedObject('OpenInvitationRequest', { token: z.string().min(1).max(200) }),
    reply: {
      200: namedObject('OpenedInvitation', {
        organization: z.string(),
        invited_by: z.string().nullable().describe('Email of the member who sent it; null: no member did.'),
        email: z.string(),
        role: z.enum(ROLES),
        expires_at: z.iso.datetime(),
      }),
    },
    errors: ['not_found', 'invitation_expired'],
    idempotency: 'none',
  },
  ({ body }, { invitations }) => invitations.open(body.token),
);

/** Calls on invitations, of those who send them and those who get them. */
export const invitationRoutes: Route[] = [
  listInvitations,
  invite,
  resendInvitation,
  revokeInvitation,
  openInvitation,
  acceptInvitation,
];
