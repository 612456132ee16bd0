import { commitPoint, namedObject, okReply, productRoutes, versionedAnswer } from 'plinth/product';
import { z } from 'zod';
import type { Templates } from './service.ts';
import { LARGEST_TEMPLATE } from './routes.ts';
import { noTemplate } from './public.ts';
import { changedTemplate, newTemplate, shownSummary, shownTemplate, summary, template } from './replies.ts';
import type { TemplateRow, TemplateSummary } from './store.ts';

const PUBLISH = commitPoint(
  'orbit.public-template-publish',
  'a template for all workspaces, and the answer under the request’s key',
);

const route = productRoutes<{ readonly templates: Templates }>();

const reads = {
  tag: 'Orbit for operators',
  auth: 'admin',
  scope: 'admin:read',
  rate: { perMinute: 120, by: 'user' },
} as const;
const writes = { ...reads, scope: 'admin:write', rate: { perMinute: 60, by: 'user' } } as const;

const asPublic = <Row extends TemplateSummary>(row: Row) => ({ ...row, visibility: 'public' as const });
const answerWithEtag = (row: TemplateRow, more: Parameters<typeof versionedAnswer>[2] = {}) =>
  versionedAnswer(row, shownTemplate(asPublic(row)), more);

export const listPublicTemplates = route(
  'GET /v1/admin/orbit/templates',
  {
    ...reads,
    summary: 'List the templates that are published for all workspaces',
    description: 'Newest first; there are 200 at most.',
    reply: { 200: namedObject('PublicTemplateList', { data: z.array(summary) }) },
  },
  async (_call, { templates }) => ({
    data: (await templates.published.all()).map((row) => shownSummary(asPublic(row))),
  }),
);

export const readPublicTemplate = route(
  'GET /v1/admin/orbit/templates/:id',
  {
    ...reads,
    summary: 'Read a public template',
    reply: { 200: template },
    errors: ['template_not_found'],
  },
  async ({ params }, { templates }) => {
    const row = await templates.published.read(params.id);
    if (row === undefined) throw noTemplate();
    return answerWithEtag(row);
  },
);

export const publishTemplate = route(
  'POST /v1/admin/orbit/templates',
  {
    ...writes,
    summary: 'Publish a template for all workspaces',
    maxBody: LARGEST_TEMPLATE,
    body: newTemplate,
    reply: { 201: template },
    errors: ['template_limit'],
  },
  async ({ body, caller, origin, once }, { templates }) => {
    const { published } = templates;
    const made = await once(
      PUBLISH,
      async (tx) => {
        const row = await published.publishIn(tx, { caller, origin }, body);
        return answerWithEtag(row, {
          status: 201,
          headers: { location: `/v1/admin/orbit/templates/${row.id}` },
        });
      },
      { use: 'orbit.public-templates' },
    );
    published.changed();
    return made;
  },
);

export const changePublicTemplate = route(
  'PATCH /v1/admin/orbit/templates/:id',
  {
    ...writes,
    summary: 'Change a public template',
    description: 'Only the fields that you send are changed.',
    versioned: true,
    maxBody: LARGEST_TEMPLATE,
    body: changedTemplate,
    reply: { 200: template },
    errors: ['template_not_found', 'precondition_failed'],
  },
  async ({ params, caller, origin, ifMatch: version, body }, { templates }) =>
    answerWithEtag(await templates.published.change({ id: params.id, version, caller, origin }, body)),
);

export const deletePublicTemplate = route(
  'DELETE /v1/admin/orbit/templates/:id',
  {
    ...writes,
    summary: 'Delete a public template',
    description: 'Scopes that it was applied to stay as they are.',
    reply: { 200: okReply },
    errors: ['template_not_found'],
  },
  async ({ params, caller, origin }, { templates }) => {
    await templates.published.remove({ id: params.id, caller, origin });
    return { ok: true };
  },
);
