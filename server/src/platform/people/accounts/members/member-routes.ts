import { namedObject, okReply, pageOf, pageQuery, type Route, routesFor, ROLES } from '#platform/http';
import { z } from 'zod';
import type { Accounts } from '../accounts.ts';
import { after } from '../cursors.ts';

const route = routesFor<Accounts>();
const tag = 'Organizations';

const memberSchema = namedObject('Member', {
  user_id: z.uuid(),
  email: z
    .string()
    .nullable()
    .describe('null: a user of a customer of the operator’s, who does not sign in here.'),
  full_name: z.string().nullable(),
  avatar_url: z.string().nullable(),
  role: z.enum(ROLES),
  created_at: z.iso.datetime(),
});

const listMembers = route(
  'GET /v1/organizations/:id/members',
  {
    summary: 'List the members of an organization',
    tag,
    auth: 'user',
    within: 'viewer',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(memberSchema) },
    errors: ['not_found'],
  },
  ({ caller, params, query, origin }, accounts) => {
    const request = { caller, origin, organization: params.id };
    return accounts.members.list(request, { after: after(query), limit: query.limit });
  },
);

const changeRole = route(
  'PATCH /v1/organizations/:id/members/:user_id',
  {
    summary: "Change a member's role",
    description:
      'For admins and owners; only an owner makes or unmakes an owner, and makes one in a session that began less than 15 minutes ago. The last owner stays one.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'account:write',
    rate: { perMinute: 30, by: 'user' },
    body: namedObject('UpdateMemberRequest', { role: z.enum(ROLES) }),
    reply: { 200: memberSchema },
    errors: [
      'not_found',
      'forbidden',
      'step_up_required',
      'last_owner',
      'conflict',
      'too_many_organizations',
    ],
  },
  ({ caller, params, body, origin }, accounts) => {
    const request = { caller, origin, organization: params.id };
    return accounts.members.changeRole(request, params.user_id, body.role);
  },
);

const removeMember = route(
  'DELETE /v1/organizations/:id/members/:user_id',
  {
    summary: 'Remove a member, or leave',
    description:
      'Admins and owners remove others; anyone may leave but the last owner. Their keys end with it.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'account:write',
    rate: { perMinute: 30, by: 'user' },
    reply: { 200: okReply },
    errors: ['not_found', 'forbidden', 'last_owner'],
  },
  async ({ caller, params, origin }, accounts) => {
    await accounts.members.remove({ caller, origin, organization: params.id }, params.user_id);
    return { ok: true };
  },
);

const transfer = route(
  'POST /v1/organizations/:id/transfer',
  {
    summary: 'Transfer your ownership to another member',
    description:
      'For owners, in a session that began less than 15 minutes ago. Both stay members: they become an owner, and you an admin; a user who has closed their account cannot be made one (409 `conflict`). It takes no Idempotency-Key: a repeated call changes nothing.',
    tag,
    auth: 'user',
    within: 'owner',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 10, by: 'user' },
    body: namedObject('TransferOrganizationRequest', { user_id: z.uuid() }),
    reply: { 200: memberSchema },
    errors: ['not_found', 'forbidden', 'step_up_required', 'conflict', 'too_many_organizations'],
    idempotency: 'none',
  },
  ({ caller, params, body, origin }, accounts) =>
    accounts.members.transfer({ caller, origin, organization: params.id }, body.user_id),
);

/** Calls on the members of an organization. */
export const memberRoutes: Route[] = [listMembers, changeRole, removeMember, transfer];
