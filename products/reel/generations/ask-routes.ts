import { acceptedAnswer, namedObject, productRoutes } from 'plinth/product';
import { z } from 'zod';
import { brief, line } from '../brief.ts';
import { PLATFORM_NAMES } from '../platforms.ts';
import type { Reel } from '../service.ts';
import { PARTS } from './store.ts';

const route = productRoutes<Reel>();

const variants = z.int().min(1).max(5);

/**
 * Bytes of a draft in a regeneration's prompt: brief and post, at their longest in a script of three bytes a letter.
 * Should it be more after all, as by a post of quotation marks alone, the budget is asked for the rest before the call.
 */
const STORED_BYTES = 16 * 1_024;

const createBody = namedObject('CreateGenerationRequest', {
  platform: z.enum(PLATFORM_NAMES).describe('Where the post will appear.'),
  topic: brief.topic,
  tone: brief.tone.optional(),
  audience: brief.audience.optional(),
  brand_voice: brief.brand_voice.optional(),
  language: brief.language.default('en'),
  variants: variants
    .default(1)
    .describe('How many variants to write; your plan says how many you may ask for.'),
});

const regenerateBody = z
  .strictObject({
    draft_id: z.uuid().describe('What to write anew.'),
    mode: z
      .enum(['targeted', 'full'])
      .describe('One part of the selected variant, or whole new variants from the draft’s brief.'),
    target: z.enum(PARTS).optional().describe('The part to write anew; for `targeted`, and only there.'),
    instructions: line(500).optional().describe('What should be different this time.'),
    variants: variants.optional().describe('How many variants to write, one when not said; only for `full`.'),
  })
  .refine(({ mode, target }) => mode !== 'targeted' || target !== undefined, {
    path: ['target'],
    message: 'The mode `targeted` needs the part to write anew.',
  })
  .refine(({ mode, target }) => mode === 'targeted' || target === undefined, {
    path: ['target'],
    message: 'Only the mode `targeted` takes it.',
  })
  .refine(({ mode, variants: asked }) => mode === 'full' || asked === undefined, {
    path: ['variants'],
    message: 'Only the mode `full` takes it; `targeted` writes one.',
  })
  .meta({ id: 'RegenerateRequest' });

const accepted = namedObject('QueuedGeneration', {
  generation_id: z.uuid(),
  draft_id: z.uuid(),
  status: z.literal('queued'),
  status_url: z.string(),
});

const HOW_TO_FOLLOW =
  'Answers at once; a worker writes. Follow `status_url`: with `?wait=20` for the end of it, or as a stream of events (`Accept: text/event-stream`).';

/** POST /v1/create: the governed call, queue first. Admission charges; the handler stores and enqueues; a worker writes. */
export const create = route(
  'POST /v1/create',
  {
    operation: 'createPost',
    summary: 'Generate variants of a post',
    description: HOW_TO_FOLLOW,
    tag: 'Reel',
    auth: 'account',
    may: 'member',
    scope: 'reel:write',
    rate: { perMinute: 600, by: 'account' },
    idempotency: 'required',
    spends: { feature: 'generation', as: 'job', needs: ({ body }) => ({ variants: body.variants }) },
    body: createBody,
    reply: { 202: accepted },
    errors: ['provider_unavailable'],
  },
  async ({ accountId, caller, permit, body }, { generations }) => {
    const made = await generations.create({ accountId, userId: caller.userId, permit }, body);
    return acceptedAnswer(made);
  },
);

/** POST /v1/regenerate: the same walk, with one of two features, each with limits of its own. */
export const regenerate = route(
  'POST /v1/regenerate',
  {
    operation: 'regeneratePost',
    summary: 'Generate another version of a draft',
    description: `\`targeted\` makes a variant that differs from the selected one in one part; \`full\` makes new variants, with other hooks than the draft has. Nothing is overwritten, and the selection stays until you change it. ${HOW_TO_FOLLOW}`,
    tag: 'Reel',
    auth: 'account',
    may: 'member',
    scope: 'reel:write',
    rate: { perMinute: 600, by: 'account' },
    idempotency: 'required',
    spends: {
      feature: ['regeneration_targeted', 'regeneration_full'],
      as: 'job',
      which: ({ body }) => `regeneration_${body.mode}`,
      subject: ({ body }) => body.draft_id,
      storedBytes: STORED_BYTES,
      needs: ({ body }) => (body.mode === 'full' ? { variants: body.variants ?? 1 } : {}),
      async check({ accountId, body }, { generations }: Reel) {
        await generations.purposeOf(accountId, body);
      },
    },
    body: regenerateBody,
    reply: { 202: accepted },
    errors: ['no_variant_selected', 'provider_unavailable'],
  },
  async ({ accountId, caller, permit, body }, { generations }) => {
    const made = await generations.regenerate({ accountId, userId: caller.userId, permit }, body);
    return acceptedAnswer(made);
  },
);
