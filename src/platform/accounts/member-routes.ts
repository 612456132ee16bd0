import { commitPoint } from '#platform/db';
import { answer, pageOf, pageQuery, type Route, routesFor, ROLES } from '#platform/http';
import { z } from 'zod';
import type { Accounts } from './accounts.ts';
import { after } from './organization-routes.ts';

const ADDED = commitPoint('accounts.member-added', 'a new membership');

const route = routesFor<Accounts>();
const tag = 'Organizations';

const memberSchema = z.strictObject({
  user_id: z.uuid(),
  email: z.string(),
  full_name: z.string().nullable(),
  avatar_url: z.string().nullable(),
  role: z.enum(ROLES),
  created_at: z.iso.datetime(),
});

const ID = '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f01';
const USER = '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f02';
const EXAMPLE = {
  user_id: USER,
  email: 'grace@example.com',
  full_name: 'Grace Hopper',
  avatar_url: null,
  role: 'member',
  created_at: '2026-11-20T08:00:00.000Z',
};

const listMembers = route(
  'GET /v1/organizations/:id/members',
  {
    summary: 'List the members of an organization',
    tag,
    auth: 'user',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(memberSchema) },
    errors: ['not_found'],
    example: { params: { id: ID }, query: { limit: 20 }, reply: { data: [EXAMPLE], next_cursor: null } },
  },
  ({ caller, params, query, origin }, accounts) => {
    const visit = { caller, whence: origin, organization: params.id };
    return accounts.members.list(visit, { after: after(query), limit: query.limit });
  },
);

const addMember = route(
  'POST /v1/organizations/:id/members',
  {
    summary: 'Add a registered user to an organization',
    description:
      'For admins and owners; only an owner adds an owner. An email that nobody registered with is 404.',
    tag,
    auth: 'user',
    scope: 'account:write',
    // It tells whether an email is known, so nobody gets to ask often.
    rate: { perMinute: 10, by: 'user' },
    body: z.strictObject({ email: z.string().trim().min(3).max(254), role: z.enum(ROLES) }),
    reply: { 201: memberSchema },
    errors: ['not_found', 'forbidden', 'already_member'],
    example: { params: { id: ID }, body: { email: 'grace@example.com', role: 'member' }, reply: EXAMPLE },
  },
  async ({ caller, params, body, once, origin }, { members }) => {
    const visit = { caller, whence: origin, organization: params.id };
    const userId = await members.find(visit, body.email);
    const added = await once(ADDED, async (tx) =>
      answer(201, await members.addIn(tx, visit, { userId, role: body.role })),
    );
    members.changed(visit);
    return added;
  },
);

const changeRole = route(
  'PATCH /v1/organizations/:id/members/:user_id',
  {
    summary: "Change a member's role",
    description: 'For admins and owners; only an owner makes or unmakes an owner. The last owner stays one.',
    tag,
    auth: 'user',
    scope: 'account:write',
    rate: { perMinute: 30, by: 'user' },
    body: z.strictObject({ role: z.enum(ROLES) }),
    reply: { 200: memberSchema },
    errors: ['not_found', 'forbidden', 'last_owner'],
    example: { params: { id: ID, user_id: USER }, body: { role: 'member' }, reply: EXAMPLE },
  },
  ({ caller, params, body, origin }, accounts) => {
    const visit = { caller, whence: origin, organization: params.id };
    return accounts.members.changeRole(visit, params.user_id, body.role);
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
    scope: 'account:write',
    rate: { perMinute: 30, by: 'user' },
    reply: { 200: z.strictObject({ ok: z.literal(true) }) },
    errors: ['not_found', 'forbidden', 'last_owner'],
    example: { params: { id: ID, user_id: USER }, reply: { ok: true } },
  },
  async ({ caller, params, origin }, accounts) => {
    await accounts.members.remove({ caller, whence: origin, organization: params.id }, params.user_id);
    return { ok: true };
  },
);

/** Calls on the members of an organization. */
export const memberRoutes: Route[] = [listMembers, addMember, changeRole, removeMember];
