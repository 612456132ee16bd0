import { followQuery, namedObject, productRoutes } from 'plinth/product';
import { z } from 'zod';
import type { Reel } from '../service.ts';
import { generation } from './replies.ts';

const route = productRoutes<Reel>();

const ID = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a01';
const DRAFT = '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a02';

/** GET /v1/generations/:id: as it stands, when it ends, or event by event. */
export const readGeneration = route(
  'GET /v1/generations/:id',
  {
    summary: 'Read a generation and its variants',
    description: [
      'With `?wait=20` the answer comes when it has ended, or after 20 seconds as it stands then.',
      'With `Accept: text/event-stream` the answer is a stream of events: `status` (`{status, error?}`), each `variant` as soon as it is written, and at last `done` with the whole generation. A stream ends after five minutes at the latest; come back with the id of the last event as Last-Event-ID, to any node, and nothing is missed or told twice. An id of another stream is 400; 204 says that you have been told everything.',
    ].join('\n\n'),
    tag: 'Reel',
    auth: 'account',
    may: 'viewer',
    scope: 'reel:read',
    rate: { perMinute: 1_200, by: 'account' },
    query: z.strictObject(followQuery),
    streams: true,
    reply: { 200: generation, 204: z.undefined() },
    example: {
      params: { id: ID },
      query: { wait: 20 },
      reply: {
        id: ID,
        draft_id: DRAFT,
        platform: 'linkedin',
        mode: 'create',
        status: 'completed',
        progress: { done: 1, total: 1 },
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
  ({ accountId, params, query, origin, wire }, { generations }) =>
    generations.follow({ key: { accountId, id: params.id }, wait: query.wait, origin, wire }),
);

const cancelled = namedObject('CanceledGeneration', {
  generation_id: z.uuid(),
  draft_id: z.uuid(),
  status: z.literal('cancelled'),
  status_url: z.string(),
});

/** POST /v1/generations/:id/cancel: nothing more is written; what is written stays. */
export const cancelGeneration = route(
  'POST /v1/generations/:id/cancel',
  {
    summary: 'Cancel a generation',
    description:
      'One that waits or runs is called off at once, and its place is free. Without a variant its quota is given back; variants that are written stay, and count. Cancelling again changes nothing; one that completed or failed is 409.',
    tag: 'Reel',
    auth: 'account',
    may: 'member',
    scope: 'reel:write',
    rate: { perMinute: 600, by: 'account' },
    reply: { 200: cancelled },
    errors: ['generation_ended'],
    example: {
      params: { id: ID },
      reply: { generation_id: ID, draft_id: DRAFT, status: 'cancelled', status_url: `/v1/generations/${ID}` },
    },
  },
  ({ accountId, params, once }, { generations }) => generations.cancel({ accountId, id: params.id }, once),
);
