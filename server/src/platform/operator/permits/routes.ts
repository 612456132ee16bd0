import { modelCost, namedObject, routesFor } from '#platform/http';
import type { DelegatedPermit, Permit } from '#platform/limits';
import { z } from 'zod';
import {
  eventsBody,
  eventsReply,
  extendBody,
  delegatedReply,
  permitBody,
  permitReply,
  previewQuery,
  previewReply,
  releaseBody,
  settleBody,
  settledReply,
} from './schemas.ts';
import type { Permits } from './service.ts';

const route = routesFor<Permits, Permit>();

/** Shared by all of them: a backend of the account, or one of the operator for any account. */
const shared = {
  tag: 'Permits',
  auth: 'account',
  may: 'member',
  scope: 'permits:write',
  rate: { perMinute: 6_000, by: 'account' },
  onBehalf: true,
} as const;
/** A route that names a permit is idempotent by that alone. */
const NAMED = 'It takes no Idempotency-Key: a repeated call changes nothing.';

/** Which feature is the caller's choice, among those that products open: `which` and `product` say. */
const ANY_FEATURE: readonly string[] = [];

export const takePermit = route(
  'POST /v1/permits',
  {
    ...shared,
    summary: 'Request a permit',
    description:
      'All limits of the feature are checked and charged in one step. Do the work before it expires, then settle or release it.',
    idempotency: 'required',
    body: permitBody,
    spends: {
      feature: ANY_FEATURE,
      product: ({ body }) => body.product,
      which: ({ body }) => body.feature,
      units: ({ body }) => body.units,
      subject: ({ body }) => body.subject,
      as: 'job',
      check: async ({ body, caller }, permits: Permits) => permits.checkOpen(body, caller),
      prepare: ({ body }, permits: Permits) => permits.plan(body),
    },
    reply: { 201: delegatedReply },
    errors: ['feature_not_open', 'model_unknown', 'permit_stale'],
  },
  async ({ permit, body, ...by }, permits) => permits.delegate(permit, body.ttl_seconds, by),
);

export const previewPermit = route(
  'GET /v1/permits/preview',
  {
    ...shared,
    summary: 'Preview whether a permit would be granted',
    description:
      'A dry run: decided as `POST /v1/permits` would be, on what is used at this moment. Nothing is charged, reserved or written, so the next caller may take the remaining room.',
    scope: 'permits:read',
    query: previewQuery,
    reply: { 200: previewReply },
    errors: ['feature_not_open', 'model_unknown', 'product_off'],
  },
  async ({ query, ...by }, permits) => permits.preview(query, by),
);

export const readPermit = route(
  'GET /v1/permits/:id',
  {
    ...shared,
    onBehalf: 'archived',
    summary: 'Read a permit',
    scope: 'permits:read',
    may: 'viewer',
    reply: { 200: permitReply },
  },
  async ({ params: { id }, ...by }, permits) => permitToJson(await permits.find({ ...by, id })),
);

export const settlePermit = route(
  'POST /v1/permits/:id/settle',
  {
    ...shared,
    onBehalf: 'archived',
    summary: 'Settle a permit with the actual usage and cost',
    description: `Without figures its whole reserve is posted as an estimate, which a later settle makes exact. Of a permit that has expired or was released, the figures are posted all the same, and the answer is 409 \`permit_stale\`. ${NAMED}`,
    idempotency: 'none',
    body: settleBody,
    reply: { 200: settledReply },
    errors: ['model_unknown', 'permit_stale', 'permit_settled'],
  },
  async ({ params: { id }, body, ...by }, permits) => permits.settle({ ...by, id }, body),
);

export const releasePermit = route(
  'POST /v1/permits/:id/release',
  {
    ...shared,
    onBehalf: 'archived',
    summary: 'Release a permit whose work cost nothing',
    description: `Quota, credits and reserve go back; burst and cooldown do not. ${NAMED}`,
    idempotency: 'none',
    body: releaseBody,
    reply: { 200: namedObject('ReleasedPermit', { permit_id: z.uuid(), status: z.literal('voided') }) },
    errors: ['permit_stale'],
  },
  async ({ params: { id }, body, ...by }, permits) => {
    await permits.release({ ...by, id }, body.reason);
    return { permit_id: id, status: 'voided' };
  },
);

export const extendPermit = route(
  'POST /v1/permits/:id/extend',
  {
    ...shared,
    summary: 'Extend the time or reserve of a permit',
    description: `Money is asked of the budgets alone, and may be denied; the permit then stays as it was. ${NAMED}`,
    idempotency: 'none',
    body: extendBody,
    reply: {
      200: namedObject('ExtendedPermit', {
        permit_id: z.uuid(),
        expires_at: z.iso.datetime(),
        reserve_micros: modelCost('What is reserved from the budgets by now.'),
      }),
    },
    errors: ['permit_stale'],
  },
  async ({ params: { id }, body, ...by }, permits) => {
    const more = { seconds: body.ttl_seconds, reserve: body.cost_micros };
    const { expiresAt, reserve } = await permits.extend({ ...by, id }, more);
    return { permit_id: id, expires_at: expiresAt.toISOString(), reserve_micros: reserve };
  },
);

export const reportUsage = route(
  'POST /v1/usage-events',
  {
    ...shared,
    operation: 'createUsageEvents',
    summary: 'Report usage that was metered elsewhere',
    description:
      'It has happened, so that it is written down even past a limit, which it closes. Each event is answered by itself; one that is refused holds up no other. It takes no Idempotency-Key: each event has an id, which is counted once.',
    // As often as permits are settled: a use that has happened is told one by one, too.
    rate: { perMinute: 6_000, by: 'account' },
    maxBody: 1024 * 1024,
    idempotency: 'none',
    body: eventsBody,
    reply: { 200: eventsReply },
  },
  async ({ body: { events }, ...by }, permits) => ({ data: await permits.report(events, by) }),
);

function permitToJson(permit: DelegatedPermit) {
  const { id, product, feature, subject, units, reserve, status, reason, cost, estimated } = permit;
  return {
    permit_id: id,
    product,
    feature,
    subject,
    units,
    reserve_micros: reserve,
    status,
    reason,
    cost_micros: cost,
    estimated,
    expires_at: permit.expiresAt.toISOString(),
    created_at: permit.createdAt.toISOString(),
  };
}
