import { answer } from '#platform/http';
import { productRoutes } from '#platform/product';
import { z } from 'zod';
import { PLATFORM_NAMES } from '../platforms.ts';
import type { Reel } from '../service.ts';
import type { GenerationView } from './service.ts';

const route = productRoutes<Reel>();

const line = (most: number) => z.string().trim().min(1).max(most);

const createBody = z.strictObject({
  platform: z.enum(PLATFORM_NAMES).describe('Where the post will appear.'),
  topic: line(500).describe('What the post is about.'),
  tone: line(100).optional().describe('How it should sound: bold, warm, dry …'),
  audience: line(200).optional().describe('Who should feel addressed.'),
  brand_voice: line(1_000).optional().describe('How your brand speaks: words it uses and avoids.'),
  language: z
    .string()
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/)
    .max(35)
    .default('en')
    .describe('BCP 47 tag of the language to write in.'),
  variants: z
    .int()
    .min(1)
    .max(5)
    .default(1)
    .describe('How many variants to write; your plan says how many you may ask for.'),
});

const accepted = z.strictObject({
  generation_id: z.uuid(),
  draft_id: z.uuid(),
  status: z.literal('queued'),
  status_url: z.string(),
});

/** POST /v1/create: the governed call, queue first. Admission charges; the handler stores and enqueues; a worker writes. */
export const create = route(
  'POST /v1/create',
  {
    summary: 'Ask for variants of a post',
    description:
      'Answers at once; a worker writes the variants. Follow `status_url`, with `?wait=20` to wait for them.',
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
    example: {
      body: { platform: 'linkedin', topic: 'Why small teams ship faster', variants: 3 },
      reply: {
        generation_id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a01',
        draft_id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a02',
        status: 'queued',
        status_url: '/v1/generations/0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a01',
      },
    },
  },
  async ({ accountId, caller, permit, body }, reel) => {
    const made = await reel.generations.create({ accountId, userId: caller.userId, permit }, body);
    return answer(202, made, { location: made.status_url });
  },
);

const variant = z.strictObject({
  id: z.uuid(),
  hook: z.string(),
  body: z.string(),
  cta: z.string(),
  hashtags: z.array(z.string()),
  over_length: z.boolean().describe('Longer than its platform takes.'),
});

const generation = z.strictObject({
  id: z.uuid(),
  draft_id: z.uuid(),
  platform: z.enum(PLATFORM_NAMES),
  status: z.enum(['queued', 'running', 'completed', 'failed']),
  variants: z.array(variant),
  error: z
    .strictObject({ code: z.string(), message: z.string() })
    .optional()
    .describe('Why it failed; the quota was given back.'),
  request_id: z
    .string()
    .describe('Of the request that asked for it; it is on its usage events and log lines too.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

export const readGeneration = route(
  'GET /v1/generations/:id',
  {
    summary: 'Read a generation and its variants',
    description:
      'With `?wait=20` the answer comes when the generation is completed or failed, or after 20 seconds as it stands then.',
    tag: 'Reel',
    auth: 'account',
    may: 'viewer',
    scope: 'reel:read',
    rate: { perMinute: 1_200, by: 'account' },
    query: z.strictObject({
      wait: z.coerce.number().int().min(0).max(30).default(0).describe('Seconds to wait for the end.'),
    }),
    reply: { 200: generation },
    example: {
      params: { id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a01' },
      query: { wait: 20 },
      reply: {
        id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a01',
        draft_id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a02',
        platform: 'linkedin',
        status: 'completed',
        variants: [
          {
            id: '0193a5c8-8a00-7b5c-9f5e-3c1c5a5b0a03',
            hook: 'Four people shipped in a week what forty had planned for a quarter.',
            body: 'They had no meeting to align on. They had the problem, a whiteboard and the person who decides in the room.',
            cta: 'What would you cut to move like that?',
            hashtags: ['#SmallTeams', '#Shipping'],
            over_length: false,
          },
        ],
        request_id: '0193a5c8-7d1d-7000-8000-3c1c5a5b0a00',
        created_at: '2026-11-20T08:00:00.000Z',
        updated_at: '2026-11-20T08:00:01.200Z',
      },
    },
  },
  async ({ accountId, params, query, origin }, reel) =>
    shown(
      query.wait === 0
        ? await reel.generations.read(accountId, params.id)
        : await reel.generations.waitFor(accountId, params.id, {
            seconds: query.wait,
            hangUp: origin.hangUp,
          }),
    ),
);

function shown({ generation: row, variants }: GenerationView): z.input<typeof generation> {
  return {
    id: row.id,
    draft_id: row.draft_id,
    platform: row.platform,
    status: row.status,
    variants: [...variants].map((one) => ({ ...one, hashtags: [...one.hashtags] })),
    ...(row.error_code === null ? {} : { error: { code: row.error_code, message: row.error_message ?? '' } }),
    request_id: row.request_id,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
