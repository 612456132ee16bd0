import { followQuery, namedObject, productRoutes } from 'plinth/product';
import { z } from 'zod';
import type { Reel } from '../service.ts';
import { generation } from './replies.ts';

const route = productRoutes<Reel>();

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
  },
  ({ accountId, params, once }, { generations }) => generations.cancel({ accountId, id: params.id }, once),
);
