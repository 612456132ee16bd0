import { namedObject, okReply, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import type { Sso } from './sso.ts';

const route = routesFor<Sso>();
const tag = 'Single sign-on';

const domainSchema = namedObject('SsoDomain', {
  domain: z.string(),
  status: z
    .enum(['pending', 'verified', 'missing'])
    .describe(
      '`missing`: it is verified, and DNS lacks its record; after three days of that it is pending again.',
    ),
  record: namedObject('DnsRecord', { type: z.literal('TXT'), name: z.string(), value: z.string() }).describe(
    'What DNS must show, and go on showing.',
  ),
  verified_at: z.iso.datetime().nullable(),
  missing_since: z.iso.datetime().nullable(),
});
const params = { domain: 'text' } as const;

const list = route(
  'GET /v1/organizations/:id/sso/domains',
  {
    summary: 'List the domains of an organization',
    description: 'For admins and owners. There are 20 at most, so all come at once.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    reply: { 200: namedObject('SsoDomainList', { data: z.array(domainSchema) }) },
    errors: ['not_found', 'forbidden'],
  },
  async ({ caller, params: { id }, origin }, { domains }) => ({
    data: await domains.list({ caller, origin, organization: id }),
  }),
);

const claim = route(
  'POST /v1/organizations/:id/sso/domains',
  {
    summary: 'Claim a domain',
    description:
      'For admins and owners, in a session that was proven within the last 15 minutes. Answers the TXT record that proves it. A domain that is claimed already keeps its record.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 20, by: 'user' },
    body: namedObject('AddSsoDomainRequest', { domain: z.string().min(3).max(260) }),
    reply: { 200: domainSchema },
    errors: ['not_found', 'forbidden', 'step_up_required', 'domain_unfit', 'too_many_domains'],
  },
  ({ caller, params: { id }, body, origin, once }, { domains }) =>
    domains.claim({ caller, origin, organization: id, once }, body.domain),
);

const verify = route(
  'POST /v1/organizations/:id/sso/domains/:domain/verify',
  {
    summary: 'Verify a domain',
    description:
      'For admins and owners. Looks for the record in DNS now; a verified domain is looked up once a day besides. It takes no Idempotency-Key: a repeated call changes nothing.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'session',
    rate: { perMinute: 20, by: 'user' },
    params,
    reply: { 200: domainSchema },
    errors: ['not_found', 'forbidden', 'domain_unproven', 'domain_taken', 'dns_unavailable'],
    idempotency: 'none',
  },
  ({ caller, params: { id, domain }, origin }, { domains }) =>
    domains.verify({ caller, origin, organization: id }, domain),
);

const remove = route(
  'DELETE /v1/organizations/:id/sso/domains/:domain',
  {
    summary: 'Remove a domain',
    description:
      'For admins and owners, in a session that was proven within the last 15 minutes. Nobody with an address there comes by single sign-on any more, or must.',
    tag,
    auth: 'user',
    within: 'admin',
    scope: 'session',
    stepUp: true,
    rate: { perMinute: 20, by: 'user' },
    params,
    reply: { 200: okReply },
    errors: ['not_found', 'forbidden', 'step_up_required'],
  },
  async ({ caller, params: { id, domain }, origin }, { domains }) => {
    await domains.remove({ caller, origin, organization: id }, domain);
    return { ok: true };
  },
);

/** Calls on the domains that an organization says are its own. */
export const domainRoutes: Route[] = [list, claim, verify, remove];
