import {
  accountFilter,
  CSV_FORMATS,
  instant,
  JSON_OR_CSV,
  namedObject,
  pageOf,
  pageOrCsv,
  pageQuery,
  productRoutes,
} from 'plinth/product';
import { z } from 'zod';
import { STATUSES } from '../licenses/replies.ts';
import type { Licences } from '../service.ts';
import { machinesReply, shownMachine } from '../machines/replies.ts';
import { foundLicenseReply } from './replies.ts';

const route = productRoutes<Licences>();
const tag = 'Coditect for operators';
const key = z.string().min(4).max(80).optional();
const email = z.email().max(254).optional();
const COLUMNS = Object.keys(foundLicenseReply.shape) as (keyof typeof foundLicenseReply.shape)[];
function rowsOf(found: z.infer<typeof foundLicenseReply>) {
  const values = COLUMNS.map((name) => found[name]);
  return [values.map((value) => (Array.isArray(value) ? value.join(' ') : value))];
}
const LONGEST_DAYS = 3_650;
/** Thirty days, as the database has it. */
const LONGEST_OFFLINE_MINUTES = 43_200;

export const findLicenses = route(
  'GET /v1/admin/licenses',
  {
    tag,
    summary: 'Find licences of all accounts',
    description:
      '`key`, also called `license_key`, is a whole key, its end (five characters or more), its last group, or the hint that lists show. `email`, also called `user_email`, is the address of a member of the account. JSON in pages; with `format=csv` or `Accept: text/csv` all of them as CSV.',
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 120, by: 'user' },
    query: z
      .strictObject({
        key,
        license_key: key,
        email,
        user_email: email,
        ...accountFilter,
        status: z.enum(STATUSES).optional(),
        tier: z.string().min(1).max(100).optional(),
        expires_before: instant.optional(),
        expires_after: instant.optional(),
        ...pageQuery,
        format: z.enum(CSV_FORMATS).optional().describe('Without it, what the Accept header says.'),
      })
      .refine(({ key: one, license_key: other }) => one === undefined || other === undefined, {
        error: 'name either key or license_key',
      })
      .refine(({ email: one, user_email: other }) => one === undefined || other === undefined, {
        error: 'name either email or user_email',
      }),
    reply: { 200: pageOf(foundLicenseReply) },
    produces: JSON_OR_CSV,
    errors: ['license_key_malformed'],
  },
  ({ query, ...call }, { desk }) => {
    const { license_key: named, user_email: whose, format, limit, cursor, ...rest } = query;
    const question = { ...rest, key: rest.key ?? named, email: rest.email ?? whose };
    return pageOrCsv(
      call,
      { format, limit, cursor },
      { name: 'licenses', columns: COLUMNS, read: (paging) => desk.list({ ...question, ...paging }), rowsOf },
    );
  },
);

export const listMachines = route(
  'GET /v1/admin/licenses/:id/machines',
  {
    tag,
    summary: 'List the machines of a licence of any account',
    auth: 'admin',
    scope: 'admin:read',
    rate: { perMinute: 120, by: 'user' },
    reply: { 200: machinesReply },
    errors: ['not_found'],
  },
  async ({ params: { id } }, { desk, machines }) => {
    const accountId = await desk.ownerOf(id);
    return { data: (await machines.list({ accountId, id })).map(shownMachine) };
  },
);

const changes = {
  tag,
  auth: 'admin',
  scope: 'admin:write',
  rate: { perMinute: 60, by: 'user' },
  versioned: true,
  reply: { 200: foundLicenseReply },
  errors: ['not_found', 'precondition_failed'],
} as const;

export const suspendLicense = route(
  'POST /v1/admin/licenses/:id/suspend',
  {
    ...changes,
    summary: 'Suspend a licence',
    description:
      'Its sessions end, and its files are revoked, until it is reinstated: whatever is paid meanwhile. It takes no Idempotency-Key: a repeated call changes nothing.',
    idempotency: 'none',
    body: namedObject('SuspendLicenseRequest', {
      reason: z.string().trim().min(1).max(500).describe('For the audit, which the account reads too.'),
    }),
  },
  ({ body, params: { id }, ifMatch: version, caller, origin }, { desk }) =>
    desk.suspend({ id, version, caller, origin }, body.reason),
);

export const reinstateLicense = route(
  'POST /v1/admin/licenses/:id/reinstate',
  {
    ...changes,
    summary: 'Reinstate a licence that an operator suspended',
    description:
      'It is worth what its account holds: where that is not paid it stays suspended. It takes no Idempotency-Key: a repeated call changes nothing.',
    idempotency: 'none',
  },
  ({ params: { id }, ifMatch: version, caller, origin }, { desk }) =>
    desk.reinstate({ id, version, caller, origin }),
);

export const extendLicense = route(
  'POST /v1/admin/licenses/:id/extend',
  {
    ...changes,
    summary: 'Extend a licence past its paid period',
    description:
      'Gives the account the licence’s plan until then, as `POST /v1/admin/grants` does: it is listed there, and ended by `DELETE /v1/admin/grants/:id`. What the customer pays, and when, is as before. `days` count from the end of what is paid for, or from now where that is over. One that nothing ends stays as it is.',
    body: z
      .strictObject({
        until: instant.optional(),
        days: z.int().min(1).max(LONGEST_DAYS).optional(),
      })
      .refine(({ until, days }) => (until === undefined) !== (days === undefined), {
        error: 'name either until or days',
      })
      .meta({ id: 'ExtendLicenseRequest' }),
    errors: [...changes.errors, 'conflict'],
  },
  ({ body: { until, days = 0 }, params: { id }, ifMatch: version, caller, origin, once }, { desk }) =>
    desk.extend({ id, version, caller, origin, once }, until === undefined ? { days } : { until }),
);

export const setLicenseTerms = route(
  'PATCH /v1/admin/licenses/:id',
  {
    ...changes,
    summary: 'Override the seats or offline minutes of a licence',
    description:
      '`seats` are in place of the plan’s while a plan runs; null gives them back to it. Sessions that run stay, and none is admitted until they fit. `offline_minutes` is the longest that a session may work, or borrow its seat, without the server; 0: not at all. A session keeps those that it came with.',
    body: z
      .strictObject({
        seats: z.int().min(0).max(100_000).nullable().optional(),
        offline_minutes: z.int().min(0).max(LONGEST_OFFLINE_MINUTES).optional(),
      })
      .refine(({ seats, offline_minutes: minutes }) => seats !== undefined || minutes !== undefined, {
        error: 'name seats or offline_minutes',
      })
      .meta({ id: 'ChangeLicenseRequest' }),
  },
  (
    { body: { seats, offline_minutes: offlineMinutes }, params: { id }, ifMatch: version, caller, origin },
    { desk },
  ) =>
    desk.setTerms(
      { id, version, caller, origin },
      {
        ...(seats === undefined ? {} : { seats }),
        ...(offlineMinutes === undefined ? {} : { offlineMinutes }),
      },
    ),
);
