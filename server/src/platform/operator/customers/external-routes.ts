import { type BackendCall, type PutOutcome, putRefusal } from '#platform/accounts';
import { entitlementReply } from '#platform/billing';
import {
  answer,
  answerEach,
  assertExternalId,
  externalIdSchema,
  itemError,
  namedObject,
  pageOf,
  pageQuery,
  positionOf,
  ROLES,
  type Route,
  routesFor,
} from '#platform/http';
import { isTimeZone } from '#platform/kernel';
import { z } from 'zod';
import type { Customers } from './customers.ts';

const route = routesFor<Customers>();
const tag = 'Customers';
const MOST_KEYS = 20;
const LARGEST_BATCH = 500;

const reads = {
  tag,
  auth: 'admin',
  keysOnly: true,
  scope: 'customers:read',
  rate: { perMinute: 1_200, by: 'key' },
} as const;
const writes = { ...reads, scope: 'customers:write', idempotency: 'none' } as const;
const NAMED = 'It takes no Idempotency-Key: a repeated call changes nothing.';
const byId = { params: { external_id: 'text' } } as const;
const byMember = { params: { external_id: 'text', external_user_id: 'text' } } as const;

const line = (longest: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .refine((text) => !/\p{Cc}/u.test(text), { error: 'is one line of text' });
const email = z.email().max(254).nullable().optional();
const metadata = z
  .record(line(40), z.string().max(500))
  .refine((record) => Object.keys(record).length <= MOST_KEYS, { error: `has at most ${MOST_KEYS} keys` });

const fields = {
  kind: z
    .enum(['organization', 'personal'])
    .optional()
    .describe('What a new one is, for ever: `organization`, which may have members, unless said.'),
  name: line(200).nullable().optional().describe('The external id when empty.'),
  email: email.describe('Where the payment provider sends receipts. Nothing else goes there.'),
  time_zone: z
    .string()
    .max(100)
    .refine(isTimeZone, { error: 'is no time zone' })
    .nullable()
    .optional()
    .describe(
      'Where its days, weeks and months begin, for limits that count in them: `Europe/Berlin`; UTC when empty.',
    ),
  locale: z
    .string()
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, { error: 'is no language tag, as de-AT' })
    .nullable()
    .optional()
    .describe('BCP 47: `de-AT`.'),
  metadata: metadata.nullable().optional().describe('Up to 20 texts of yours, replaced as a whole.'),
  restore: z.boolean().optional().describe('Takes back the deletion of its data, within 14 days of it.'),
};
const putBody = namedObject('PutCustomerRequest', fields);
const batchItem = z.strictObject({ external_id: externalIdSchema, ...fields });
const namedItem = z.object({ external_id: externalIdSchema });

const customer = namedObject('ExternalCustomer', {
  external_id: z.string(),
  account_id: z.uuid(),
  kind: z.enum(['personal', 'organization']),
  name: z.string(),
  email: z.string().nullable(),
  time_zone: z.string(),
  locale: z.string().nullable(),
  metadata: z.record(z.string(), z.string()),
  status: z
    .enum(['active', 'suspended', 'archived', 'closing'])
    .describe('`closing`: its data is being erased, which can be taken back for 14 days.'),
  is_claimed: z.boolean().describe('Whether a person who signs in owns it.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
const claim = namedObject('CustomerClaim', {
  url: z.url(),
  email: z.string(),
  role: z.enum(ROLES),
  expires_at: z.iso.datetime(),
});
const member = namedObject('ExternalCustomerMember', {
  external_user_id: z.string(),
  user_id: z.uuid(),
  role: z.enum(ROLES),
  name: z.string().nullable(),
  email: z.string().nullable(),
  created_at: z.iso.datetime(),
});

const idOf = ({ external_id: id }: { readonly external_id: string }) =>
  assertExternalId(id, 'path.external_id');
const memberOf = (params: { readonly external_id: string; readonly external_user_id: string }) => ({
  externalId: idOf(params),
  externalUserId: assertExternalId(params.external_user_id, 'path.external_user_id'),
});

const putCustomer = route(
  'PUT /v1/customers/:external_id',
  {
    ...writes,
    ...byId,
    summary: 'Create a customer by your own id, or change it',
    description: `Created once, however many calls race: 201, after that 200. Fields that are left out stay as they are; null empties one. An archived customer is open again. No mail is sent. ${NAMED}`,
    body: putBody,
    reply: { 200: customer, 201: customer },
    errors: ['customer_closing', 'customer_kind_fixed'],
  },
  async ({ params, body, caller, origin }, { external }) => {
    const { isNew, customer: view } = await external.put({ caller, origin }, idOf(params), body);
    return answer(isNew ? 201 : 200, view);
  },
);

const putCustomers = route(
  'POST /v1/customers/batch',
  {
    ...writes,
    rate: { perMinute: 30, by: 'key' },
    operation: 'setCustomers',
    summary: 'Create or change up to 500 customers',
    description: `Each as PUT does it, and answered by itself: one that is refused holds up no other. ${NAMED}`,
    maxBody: 1024 * 1024,
    body: namedObject('PutCustomersRequest', {
      customers: z
        .array(z.record(z.string(), z.unknown()))
        .min(1)
        .max(LARGEST_BATCH)
        .describe('The fields of a PUT each, with `external_id`.'),
      dry_run: z.boolean().default(false).describe('Nothing is changed; the answer says what would be.'),
    }),
    reply: {
      200: namedObject('PutCustomersResult', {
        data: z.array(
          namedObject('PutCustomersResultEntry', {
            external_id: z.string().nullable(),
            status: z.enum(['created', 'changed', 'unchanged', 'refused']),
            account_id: z.uuid().nullable(),
            error: namedObject('PutCustomersError', { code: z.string(), message: z.string() }).nullable(),
          }),
        ),
      }),
    },
  },
  async ({ body, caller, origin }, { external }) => ({
    data: await putBatch(external.putAll, { caller, origin }, body),
  }),
);

/** Puts those that are good, and answers in the order given. */
async function putBatch(
  putAll: Customers['external']['putAll'],
  by: BackendCall,
  { customers, dry_run: trying }: { readonly customers: readonly unknown[]; readonly dry_run: boolean },
) {
  const results = await answerEach(
    customers,
    { schema: batchItem, key: ({ external_id: id }) => [id] },
    (good) => putAll(by, good, { trying }),
  );
  return results.map((result, index) => {
    if ('error' in result) {
      const name = namedItem.safeParse(customers[index]);
      const externalId = name.success ? name.data.external_id : null;
      return { external_id: externalId, account_id: null, status: 'refused' as const, error: result.error };
    }
    const { external_id, account_id, outcome } = result;
    const error = putRefusal(outcome);
    if (error === undefined) return { external_id, account_id, status: statusOf(outcome), error: null };
    return { external_id, account_id, status: 'refused' as const, ...itemError(error.code, error.message) };
  });
}

const statusOf = (outcome: PutOutcome) =>
  outcome === 'created' || outcome === 'unchanged' ? outcome : ('changed' as const);

const readCustomer = route(
  'GET /v1/customers/:external_id',
  {
    ...reads,
    ...byId,
    summary: 'Read a customer by your own id',
    reply: { 200: customer },
    errors: ['customer_unknown'],
  },
  ({ params }, { external }) => external.get(idOf(params)),
);

const listCustomers = route(
  'GET /v1/customers',
  {
    ...reads,
    summary: 'List customers, or find some',
    description:
      'Newest first. With `q` those that it names by a part of id, email or name, the one of exactly that id first; of more than a thousand not all.',
    query: z.strictObject({ q: z.string().trim().min(2).max(200).optional(), ...pageQuery }),
    reply: { 200: pageOf(customer) },
  },
  ({ query: { q, limit, cursor } }, { external }) => {
    const after = cursor === undefined ? undefined : positionOf(cursor, z.tuple([z.uuid()]))[0];
    return external.list({ q, limit, after });
  },
);

const archiveCustomer = route(
  'DELETE /v1/customers/:external_id',
  {
    ...writes,
    ...byId,
    summary: 'Archive a customer',
    description:
      'Calls for it are 409 `customer_archived` from then on, but for settling what was under way. All of its rows are kept, and a subscription goes on: cancel it first. A PUT opens it again. `DELETE /v1/admin/data/delete` erases it.',
    reply: { 200: customer },
    errors: ['customer_unknown'],
  },
  ({ params, caller, origin }, { external }) => external.archive({ caller, origin }, idOf(params)),
);

const listCustomerMembers = route(
  'GET /v1/customers/:external_id/members',
  {
    ...reads,
    ...byId,
    summary: 'List the members of a customer',
    description:
      'In the order of their external ids. The owner that a customer is made with is no person, and not among them.',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(member) },
    errors: ['customer_unknown', 'customer_archived', 'customer_closing', 'wrong_account_kind'],
  },
  ({ params, query: { limit, cursor } }, { external }) => {
    const after = cursor === undefined ? undefined : positionOf(cursor, z.tuple([externalIdSchema]))[0];
    return external.members.list(idOf(params), { limit, after });
  },
);

const putCustomerMember = route(
  'PUT /v1/customers/:external_id/members/:external_user_id',
  {
    ...writes,
    ...byMember,
    summary: 'Add a member to a customer, or change one',
    description: `By your own id of the user, who is one of this customer alone. Counts against what its plan says of members. ${NAMED}`,
    body: namedObject('PutCustomerMemberRequest', {
      role: z.enum(ROLES).default('member'),
      name: line(200).nullable().optional(),
      email,
    }),
    reply: { 200: member, 201: member },
    errors: [
      'customer_unknown',
      'customer_archived',
      'customer_closing',
      'wrong_account_kind',
      'limit_exceeded',
    ],
  },
  async ({ params, body, caller, origin }, { external }) => {
    const put = await external.members.put({ caller, origin }, memberOf(params), body);
    return answer(put.isNew ? 201 : 200, put.member);
  },
);

const removeCustomerMember = route(
  'DELETE /v1/customers/:external_id/members/:external_user_id',
  {
    ...writes,
    ...byMember,
    summary: 'Remove a member from a customer',
    description: 'Added again they are the same user.',
    reply: { 204: z.undefined() },
    errors: ['customer_unknown', 'customer_archived', 'customer_closing', 'wrong_account_kind', 'not_found'],
  },
  ({ params, caller, origin }, { external }) => external.members.remove({ caller, origin }, memberOf(params)),
);

const CLAIM_ERRORS = [
  'customer_unknown',
  'customer_archived',
  'customer_closing',
  'wrong_account_kind',
] as const;

const offerClaim = route(
  'PUT /v1/customers/:external_id/claim',
  {
    ...writes,
    ...byId,
    summary: 'Make a link by which a person claims a customer',
    description:
      'For the person with this address, who signs in or registers with it and accepts; the link is good once, for 7 days, and no mail is sent: hand it on. A link that was made before for the same address is worth nothing from then on. It takes no Idempotency-Key: each call makes a new link.',
    body: namedObject('OfferClaimRequest', {
      email: z.email().max(254),
      role: z.enum(ROLES).default('owner'),
    }),
    reply: { 200: claim },
    errors: [...CLAIM_ERRORS, 'already_member'],
    private: true,
  },
  ({ params, body, caller, origin }, { external }) =>
    external.claims.offer({ caller, origin }, idOf(params), body),
);

const withdrawClaims = route(
  'DELETE /v1/customers/:external_id/claim',
  {
    ...writes,
    ...byId,
    summary: 'End the links that claim a customer',
    description:
      'Those that were not used. People who accepted stay members, and invitations that members sent stay open.',
    reply: { 204: z.undefined() },
    errors: CLAIM_ERRORS,
  },
  ({ params, caller, origin }, { external }) => external.claims.withdraw({ caller, origin }, idOf(params)),
);

/** Seconds that a backend may show what it has. */
const SHOWN_FOR = 15;

const readCustomerEntitlements = route(
  'GET /v1/customers/:external_id/entitlements',
  {
    ...reads,
    ...byId,
    rate: { perMinute: 6_000, by: 'key' },
    summary: 'Read the plans of a customer, with what is used and left',
    description:
      'To be shown, and no admission: a permit decides, and `GET /v1/permits/preview` with `X-Customer-Id` says how it would. `token` is a JWT as of `GET /v1/billing/entitlements/token`, where `product` is named. With an ETag: 304 while nothing has changed.',
    query: z.strictObject({ product: z.string().min(1).max(100).optional() }),
    reply: {
      200: namedObject('CustomerEntitlements', {
        external_id: z.string(),
        account_id: z.uuid(),
        data: z.array(entitlementReply),
        token: z.string().nullable(),
        token_expires_at: z.int().nullable().describe('Unix seconds.'),
      }),
    },
    errors: ['customer_unknown', 'customer_archived', 'not_found', 'product_off'],
  },
  async ({ params, query, wire }, customers) => {
    const { tag: version, body } = await customers.entitlements(idOf(params), query.product);
    const headers = { etag: `"${version}"`, 'cache-control': `private, max-age=${SHOWN_FOR}` };
    const known = wire.request.headers['if-none-match'];
    if (known?.split(',').some((one) => one.trim().replace(/^W\//, '') === headers.etag) === true)
      return void wire.take().writeHead(304, headers).end();
    return answer(200, body, headers);
  },
);

/** Calls of the operator’s backend on its customers. */
export const externalCustomerRoutes: Route[] = [
  listCustomers,
  putCustomers,
  putCustomer,
  readCustomer,
  readCustomerEntitlements,
  putCustomerMember,
  listCustomerMembers,
  removeCustomerMember,
  offerClaim,
  withdrawClaims,
  archiveCustomer,
];
