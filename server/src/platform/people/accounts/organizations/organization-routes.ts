import { commitPoint } from '#platform/db';
import { answer, namedObject, pageOf, pageQuery, type Route, routesFor, ROLES } from '#platform/http';
import { z } from 'zod';
import type { Accounts } from '../accounts.ts';
import { after } from '../cursors.ts';

const MADE = commitPoint('accounts.organization-made', 'an organization with its owner');

const route = routesFor<Accounts>();
const tag = 'Organizations';

/** A name that people give: without spaces around it, and without line breaks. */
export const lineOfText = (longest: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .refine((text) => !/\p{Cc}/u.test(text), { error: 'is one line of text' });
const name = lineOfText(200);
export const organizationSchema = namedObject('Organization', {
  id: z.uuid(),
  name: z.string(),
  status: z.enum(['active', 'suspended']),
  role: z.enum(ROLES),
  restorable_until: z.iso
    .datetime()
    .nullable()
    .describe('Until when a closed one can be opened again; null: it is open.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

const makeOrganization = route(
  'POST /v1/organizations',
  {
    summary: 'Create an organization',
    description: 'An account that several users act for. The user who creates it is its owner.',
    tag,
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 10, by: 'user' },
    body: namedObject('CreateOrganizationRequest', { name }),
    reply: { 201: organizationSchema },
    errors: ['conflict', 'too_many_organizations'],
  },
  ({ caller, body, once, origin }, accounts) =>
    once(MADE, async (tx) => {
      const view = await accounts.organizations.makeIn(tx, { userId: caller.userId, origin }, body.name);
      return answer(201, view, { Location: `/v1/organizations/${view.id}` });
    }),
);

const listOrganizations = route(
  'GET /v1/organizations',
  {
    summary: 'List your organizations',
    description:
      'Newest first; with `closed=true` those that you have closed and may open again. A key sees the one that it is bound to.',
    tag,
    auth: 'user',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    query: z.strictObject({ closed: z.enum(['true', 'false']).optional(), ...pageQuery }),
    reply: { 200: pageOf(organizationSchema) },
  },
  ({ caller, query }, accounts) =>
    accounts.organizations.list(caller, {
      after: after(query),
      limit: query.limit,
      closed: query.closed === 'true',
    }),
);

const getOrganization = route(
  'GET /v1/organizations/:id',
  {
    summary: 'Read an organization',
    tag,
    auth: 'user',
    within: 'viewer',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    reply: { 200: organizationSchema },
    errors: ['not_found'],
  },
  ({ caller, params, origin }, accounts) =>
    accounts.organizations.get({ caller, origin, organization: params.id }),
);

const renameOrganization = route(
  'PATCH /v1/organizations/:id',
  {
    summary: 'Rename an organization',
    description: 'For admins and owners.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'account:write',
    rate: { perMinute: 30, by: 'user' },
    body: namedObject('UpdateOrganizationRequest', { name }),
    reply: { 200: organizationSchema },
    errors: ['not_found', 'forbidden'],
  },
  ({ caller, params, body, origin }, accounts) =>
    accounts.organizations.rename({ caller, origin, organization: params.id }, body.name),
);

const closeOrganization = route(
  'DELETE /v1/organizations/:id',
  {
    summary: 'Close an organization',
    description:
      'For owners. From then on it cannot be reached, its keys are refused, and it spends nothing more; running work ends. For 14 days it can be opened again; then it is erased.',
    tag,
    auth: 'user',
    within: 'owner',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 10, by: 'user' },
    reply: { 200: organizationSchema },
    errors: ['not_found', 'forbidden', 'step_up_required'],
  },
  ({ caller, params, origin }, accounts) =>
    accounts.organizations.close({ caller, origin, organization: params.id }),
);

const restoreOrganization = route(
  'POST /v1/organizations/:id/restore',
  {
    summary: 'Open a closed organization again',
    description:
      'For owners, for 14 days after it was closed: members, keys, plans and invitations are as they were. It takes no Idempotency-Key: a repeated call changes nothing.',
    tag,
    auth: 'user',
    within: 'owner',
    scope: 'session',
    rate: { perMinute: 10, by: 'user' },
    reply: { 200: organizationSchema },
    errors: ['not_found', 'forbidden', 'conflict', 'too_many_organizations'],
    idempotency: 'none',
  },
  ({ caller, params, origin }, accounts) =>
    accounts.organizations.restore({ caller, origin, organization: params.id }),
);

/** Calls on organizations themselves. */
export const organizationRoutes: Route[] = [
  makeOrganization,
  listOrganizations,
  getOrganization,
  renameOrganization,
  closeOrganization,
  restoreOrganization,
];
