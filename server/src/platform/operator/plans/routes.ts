import { answer, namedObject, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import type { Plans, PlansInEffect } from './service.ts';
import type { DraftRow } from './store.ts';

const route = routesFor<Plans>();
const reads = {
  tag: 'Admin',
  auth: 'admin',
  scope: 'admin:read',
  rate: { perMinute: 60, by: 'user' },
} as const;

/** Characters of a document, of which one in JSON is up to six bytes. */
const document = z.string().max(262_144).describe('A plans file: YAML or JSON (docs/plans-file.md).');
const MOST_BYTES = 1_048_576;

const version = {
  version: z.int(),
  source: z.enum(['file', 'api']).describe('A server read it from its file, or an admin sent it.'),
  created_at: z.iso.datetime(),
  created_by: z.uuid().nullable(),
  email: z.string().nullable(),
};

const reply = namedObject('PlansInEffect', {
  version: z.int().describe('For If-Match, in quotes; 0 where there are none.'),
  document: z.string().nullable(),
  complete: z
    .boolean()
    .describe('Whether every account has its plan as this version says; until then some have it as before.'),
  versions: z.array(namedObject('PlansVersion', version)).describe('The newest 50.'),
});

const readInEffect = route(
  'GET /v1/admin/plans',
  { ...reads, summary: 'Read the plans that are data, and their versions', reply: { 200: reply } },
  async (_call, plans) => toReply(await plans.inEffect()),
);

const previewPlans = route(
  'POST /v1/admin/plans/preview',
  {
    ...reads,
    summary: 'See whom other plans would touch',
    description: 'It changes nothing. It takes no Idempotency-Key: it reads.',
    idempotency: 'none',
    maxBody: MOST_BYTES,
    body: namedObject('PlansPreviewRequest', { document }),
    reply: {
      200: namedObject('PlansPreview', {
        version: z.int().describe('The version in effect, which it was compared with.'),
        changes: z.array(
          namedObject('PlanChange', {
            product: z.string(),
            path: z.string().describe('`plans.pro.grants.calls`; empty: the whole product.'),
            before: z.unknown().describe('null: it is not there.'),
            after: z.unknown(),
            text: z.string().describe('Both as people read them: `$4.99 -> $5.99`.'),
          }),
        ),
        plans: z.array(
          namedObject('TouchedPlan', {
            plan: z.string(),
            accounts: z
              .int()
              .describe('Get it as it will be at once: they were given it, or have it by default.'),
            keep: z
              .int()
              .describe(
                'Bought it, and keep their terms until they are moved (`POST /v1/admin/plans/moves`).',
              ),
            over: z
              .array(namedObject('ShrinkingLimit', { limit: z.string(), accounts: z.int() }))
              .describe(
                'Limits that become smaller than what accounts have used of them by now, among 5,000 accounts.',
              ),
          }),
        ),
        problems: z.array(z.string()).describe('Why it would be refused; none: it would not.'),
      }),
    },
  },
  async ({ body }, plans) => {
    const { changes, plans: touched, problems, version: of } = await plans.preview(body.document);
    return {
      version: of,
      changes: [...changes],
      plans: touched.map(({ over, ...plan }) => ({ ...plan, over: [...over] })),
      problems: [...problems],
    };
  },
);

const changePlans = route(
  'PUT /v1/admin/plans',
  {
    ...reads,
    scope: 'admin:write',
    summary: 'Put other plans into effect',
    description:
      'In every process, within seconds and without a restart; each account that was given a plan, or has it by default, passes to its new limits in one commit. Prices are made at Stripe first, where it is connected: who has bought a plan keeps its terms and its price. A plan that accounts hold can’t be taken away: hide it.',
    versioned: true,
    maxBody: MOST_BYTES,
    body: namedObject('PutPlansRequest', { document }),
    reply: { 200: reply },
    errors: ['precondition_failed', 'plans_refused'],
  },
  async ({ body, ifMatch, caller, origin }, plans) => {
    const inEffect = toReply(await plans.push({ ...body, version: ifMatch, caller, origin }));
    return answer(200, inEffect, { etag: `"${inEffect.version}"` });
  },
);

const draftReply = namedObject('PlansDraft', {
  version: z.int().describe('For If-Match, in quotes; 0 where there is none.'),
  document: z.string().nullable().describe('It may have mistakes. null: there is none.'),
  base: z.int().nullable().describe('The version of the plans that it began with.'),
  changed_at: z.iso.datetime().nullable(),
  changed_by: z.uuid().nullable(),
  email: z.string().nullable(),
});
const draftChange = {
  ...reads,
  scope: 'admin:write',
  versioned: true,
  reply: { 200: draftReply },
  errors: ['precondition_failed'],
} as const;

const readDraft = route(
  'GET /v1/admin/plans/draft',
  { ...reads, summary: 'Read the draft of the plans that operators work on', reply: { 200: draftReply } },
  async (_call, { drafts }) => toDraftReply(await drafts.read()),
);

const putDraft = route(
  'PUT /v1/admin/plans/draft',
  {
    ...draftChange,
    summary: 'Keep a draft of the plans',
    description:
      'There is one, of all operators. It is not checked, and without effect: `PUT /v1/admin/plans` puts a document into effect, and ends the draft that is the same.',
    maxBody: MOST_BYTES,
    body: namedObject('PutPlansDraftRequest', {
      document,
      base: z.int().min(0).max(2_147_483_647).describe('The version of the plans that it began with.'),
    }),
  },
  async ({ body, ifMatch, caller, origin }, { drafts }) =>
    versionedDraft(await drafts.change({ ...body, version: ifMatch, caller, origin })),
);

const deleteDraft = route(
  'DELETE /v1/admin/plans/draft',
  { ...draftChange, summary: 'Delete the draft of the plans' },
  async ({ ifMatch, caller, origin }, { drafts }) =>
    versionedDraft(await drafts.change({ document: null, base: 0, version: ifMatch, caller, origin })),
);

function toDraftReply(row: DraftRow | undefined) {
  return {
    version: row?.version ?? 0,
    document: row?.document ?? null,
    base: row?.base ?? null,
    changed_at: row?.updated_at.toISOString() ?? null,
    changed_by: row?.changed_by ?? null,
    email: row?.email ?? null,
  };
}

function versionedDraft(row: DraftRow | undefined) {
  const draft = toDraftReply(row);
  return answer(200, draft, { etag: `"${draft.version}"` });
}

function toReply({ row, versions, complete }: PlansInEffect) {
  return {
    version: row?.version ?? 0,
    document: row?.document ?? null,
    complete,
    versions: versions.map((one) => ({ ...one, created_at: one.created_at.toISOString() })),
  };
}

/** Plans as data, for platform admins. */
export const plansRoutes: Route[] = [
  readInEffect,
  previewPlans,
  changePlans,
  readDraft,
  putDraft,
  deleteDraft,
];
