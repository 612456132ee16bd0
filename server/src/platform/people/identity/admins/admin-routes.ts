import { namedObject, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import { passwordSchema } from '../fields.ts';
import type { AdminAcceptance } from './acceptance.ts';
import { adminPage } from '../pages/link-pages.ts';

const route = routesFor<AdminAcceptance>();
const tag = 'Identity';

const openLink = route(
  'GET /v1/auth/accept-admin',
  {
    operation: 'showAcceptAdmin',
    summary: 'Show the page of an admin invitation',
    description: 'The invited person chooses a password there; opening the page changes nothing.',
    tag,
    auth: 'none',
    page: true,
    rate: { perMinute: 60, by: 'ip' },
    reply: { 200: z.string().describe('A page for people, in HTML.') },
  },
  async () => adminPage(),
);

const accept = route(
  'POST /v1/auth/accept-admin',
  {
    summary: 'Accept an admin invitation',
    description:
      'Creates a user with the invited address, or makes the existing user an admin: then sessions, keys, second factors and linked providers of before end. Links are good for 24 hours, once; a newer one ends it, and a weak password does not use one up. It takes no Idempotency-Key: the link is used up.',
    tag,
    auth: 'none',
    rate: { perMinute: 10, by: 'ip' },
    body: namedObject('AcceptAdminRequest', { token: z.string().min(1).max(200), password: passwordSchema }),
    reply: { 200: namedObject('AcceptedAdmin', { status: z.literal('admin'), email: z.string() }) },
    errors: ['link_invalid', 'too_many_attempts', 'busy'],
    idempotency: 'none',
  },
  async ({ body, origin }, { acceptAdmin }) => {
    const { email } = await acceptAdmin(body, origin);
    return { status: 'admin', email };
  },
);

/** Calls by which a person becomes a platform admin, whom an operator has invited. */
export const adminRoutes: Route[] = [openLink, accept];
