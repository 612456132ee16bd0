import { namedObject, pageOf, pageQuery, productRoutes, versionedAnswer } from 'plinth/product';
import { z } from 'zod';
import { brief, line } from '../brief.ts';
import { PLATFORM_NAMES } from '../platforms.ts';
import type { Reel } from '../service.ts';
import type { DraftView } from './service.ts';
import { draft, shownDraft, shownWhole, wholeDraft } from './replies.ts';

const route = productRoutes<Reel>();

/** A whole draft, with its version as ETag. */
const answerWithEtag = (view: DraftView) => versionedAnswer(view.draft, shownWhole(view));

export const listDrafts = route(
  'GET /v1/drafts',
  {
    summary: 'List drafts',
    description: 'Newest first, without their variants.',
    tag: 'Reel',
    auth: 'account',
    may: 'viewer',
    scope: 'reel:read',
    rate: { perMinute: 600, by: 'account' },
    query: z.strictObject({ ...pageQuery, platform: z.enum(PLATFORM_NAMES).optional() }),
    reply: { 200: pageOf(draft) },
  },
  async ({ accountId, query }, { drafts }) => {
    const { data, next_cursor } = await drafts.list(accountId, query);
    return { data: data.map(shownDraft), next_cursor };
  },
);

export const readDraft = route(
  'GET /v1/drafts/:id',
  {
    summary: 'Read a draft with its variants',
    tag: 'Reel',
    auth: 'account',
    may: 'viewer',
    scope: 'reel:read',
    rate: { perMinute: 1_200, by: 'account' },
    reply: { 200: wholeDraft },
    errors: ['not_found'],
  },
  async ({ accountId, params }, { drafts }) => answerWithEtag(await drafts.read(accountId, params.id)),
);

const changes = namedObject('UpdateDraftRequest', {
  selected_variant_id: z.uuid().optional().describe('One of its own variants.'),
  title: line(200).nullable().optional().describe('A name to find it by.'),
  topic: brief.topic.optional(),
  tone: brief.tone.nullable().optional(),
  audience: brief.audience.nullable().optional(),
  brand_voice: brief.brand_voice.nullable().optional(),
  language: brief.language.optional(),
}).refine((body) => Object.keys(body).length > 0, 'Say what to change.');

export const changeDraft = route(
  'PATCH /v1/drafts/:id',
  {
    summary: 'Choose a variant, name a draft, change its brief',
    description:
      'Only the fields that you send are changed. A new brief counts for regenerations from now on; variants that are there stay as they are.',
    tag: 'Reel',
    auth: 'account',
    may: 'member',
    scope: 'reel:write',
    rate: { perMinute: 600, by: 'account' },
    versioned: true,
    body: changes,
    reply: { 200: wholeDraft },
    errors: ['not_found'],
  },
  async ({ accountId, params, ifMatch, body }, { drafts }) =>
    answerWithEtag(await drafts.change({ accountId, id: params.id, version: ifMatch }, body)),
);
