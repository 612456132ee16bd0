import { namedObject, pageOf, pageQuery, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import type { Accounts } from '../accounts.ts';
import { after } from '../cursors.ts';
import { USER_STATUSES } from './users.ts';

const route = routesFor<Accounts>();

const company = z.string().min(1).max(200).optional();

const listUsers = route(
  'GET /v1/admin/users',
  {
    summary: 'Find users',
    description:
      'Newest first, with the accounts that they belong to. `email` and `company` (the name of an organization of theirs; also `company_name`) are parts of it, in any case. `inactive` is `closed`.',
    tag: 'Admin',
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 120, by: 'user' },
    query: z
      .strictObject({
        status: z.enum([...USER_STATUSES, 'inactive']).optional(),
        email: z.string().min(1).max(254).optional(),
        company,
        company_name: company,
        ...pageQuery,
      })
      .refine(({ company: one, company_name: other }) => one === undefined || other === undefined, {
        error: 'name either company or company_name',
      }),
    reply: {
      200: pageOf(
        namedObject('AdminUser', {
          id: z.uuid(),
          email: z.string(),
          full_name: z.string().nullable(),
          email_verified: z.boolean(),
          role: z.enum(['user', 'admin']),
          status: z.enum(USER_STATUSES),
          created_at: z.iso.datetime(),
          accounts: z.array(
            namedObject('AdminUserAccount', {
              id: z.uuid(),
              kind: z.enum(['personal', 'organization']),
              name: z.string(),
              role: z.enum(['viewer', 'member', 'admin', 'owner']),
              status: z.enum(['active', 'suspended']),
            }),
          ),
        }),
      ),
    },
  },
  ({ query }, { directory }) => {
    const { status: asked, email, limit } = query;
    const status = asked === 'inactive' ? 'closed' : asked;
    const search = { status, email, company: query.company ?? query.company_name };
    return directory.search(search, { after: after(query), limit });
  },
);

/** Calls of platform admins on users, with what they belong to. */
export const directoryRoutes: Route[] = [listUsers];
