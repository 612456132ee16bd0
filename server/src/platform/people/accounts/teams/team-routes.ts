import { namedObject, okReply, pageOf, pageQuery, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import type { Accounts } from '../accounts.ts';
import { after } from '../cursors.ts';
import { lineOfText } from '../organizations/organization-routes.ts';

const route = routesFor<Accounts>();
const tag = 'Organizations';

const shape = {
  id: z.uuid(),
  name: z.string(),
  member_count: z.int().describe('How many members of the organization are in it.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
};
const teamSchema = namedObject('Team', shape);
const teamMemberSchema = namedObject('TeamMember', { user_id: z.uuid(), added_at: z.iso.datetime() });
const teamWithMembersSchema = namedObject('TeamWithMembers', {
  ...shape,
  members: z.array(teamMemberSchema),
  next_cursor: z.string().nullable().describe('Where the next page of its members begins.'),
});

const name = lineOfText(100);

const listTeams = route(
  'GET /v1/organizations/:id/teams',
  {
    summary: 'List the teams of an organization',
    description: 'For all of its members. Newest first.',
    tag,
    auth: 'user',
    within: 'viewer',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(teamSchema) },
    errors: ['not_found'],
  },
  ({ caller, params, query, origin }, { teams }) =>
    teams.list({ caller, origin, organization: params.id }, { after: after(query), limit: query.limit }),
);

const createTeam = route(
  'POST /v1/organizations/:id/teams',
  {
    summary: 'Create a team',
    description:
      'For admins and owners. A named group of members, to whom a member can show what not all of the organization need see. No two teams of an organization have one name, in capitals or not; there are at most 200.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'account:write',
    rate: { perMinute: 60, by: 'user' },
    body: namedObject('CreateTeamRequest', { name }),
    reply: { 201: teamSchema },
    errors: ['not_found', 'forbidden', 'team_name_taken', 'too_many_teams'],
  },
  ({ caller, params, body, origin, once }, { teams }) =>
    teams.create({ caller, origin, organization: params.id, once }, body.name),
);

const getTeam = route(
  'GET /v1/organizations/:id/teams/:team_id',
  {
    summary: 'Read a team and its members',
    description: 'For all members of the organization. The members of the team come in pages.',
    tag,
    auth: 'user',
    within: 'viewer',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject(pageQuery),
    reply: { 200: teamWithMembersSchema },
    errors: ['not_found'],
  },
  ({ caller, params, query, origin }, { teams }) => {
    const request = { caller, origin, organization: params.id };
    return teams.get(request, params.team_id, { after: after(query), limit: query.limit });
  },
);

const renameTeam = route(
  'PATCH /v1/organizations/:id/teams/:team_id',
  {
    summary: 'Rename a team',
    description: 'For admins and owners.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'account:write',
    rate: { perMinute: 60, by: 'user' },
    body: namedObject('UpdateTeamRequest', { name }),
    reply: { 200: teamSchema },
    errors: ['not_found', 'forbidden', 'team_name_taken'],
  },
  ({ caller, params, body, origin }, { teams }) =>
    teams.rename({ caller, origin, organization: params.id }, params.team_id, body.name),
);

const deleteTeam = route(
  'DELETE /v1/organizations/:id/teams/:team_id',
  {
    summary: 'Delete a team',
    description:
      'For admins and owners. Its members stay in the organization; what they have shown to the team is their own alone from then on.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'account:write',
    rate: { perMinute: 60, by: 'user' },
    reply: { 200: okReply },
    errors: ['not_found', 'forbidden'],
  },
  async ({ caller, params, origin }, { teams }) => {
    await teams.remove({ caller, origin, organization: params.id }, params.team_id);
    return { ok: true };
  },
);

const addTeamMember = route(
  'PUT /v1/organizations/:id/teams/:team_id/members/:user_id',
  {
    summary: 'Add a member to a team',
    description:
      'For admins and owners. A user who is no member of the organization is 404; one who is in the team already stays in it.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'account:write',
    rate: { perMinute: 120, by: 'user' },
    reply: { 200: okReply },
    errors: ['not_found', 'forbidden'],
  },
  async ({ caller, params, origin }, { teams }) => {
    await teams.addMember({ caller, origin, organization: params.id }, params.team_id, params.user_id);
    return { ok: true };
  },
);

const removeTeamMember = route(
  'DELETE /v1/organizations/:id/teams/:team_id/members/:user_id',
  {
    summary: 'Take a member out of a team',
    description: 'For admins and owners. What the team is shown is theirs to read no more.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'account:write',
    rate: { perMinute: 120, by: 'user' },
    reply: { 200: okReply },
    errors: ['not_found', 'forbidden'],
  },
  async ({ caller, params, origin }, { teams }) => {
    await teams.removeMember({ caller, origin, organization: params.id }, params.team_id, params.user_id);
    return { ok: true };
  },
);

/** Calls on the teams of an organization. */
export const teamRoutes: Route[] = [
  listTeams,
  createTeam,
  getTeam,
  renameTeam,
  deleteTeam,
  addTeamMember,
  removeTeamMember,
];
