import { namedObject, productRoutes, wantsEvents, wholeNumber } from 'plinth/product';
import { z } from 'zod';
import type { LiveService } from './service.ts';
import { liveState, presence } from './replies.ts';

const route = productRoutes<{ readonly live: LiveService }>();

export const followScope = route(
  'GET /v1/scopes/:id/events',
  {
    summary: 'Follow a scope: its changes and who is present',
    description:
      'With `Accept: text/event-stream` a stream of `ready` (the number of the last change; read the scope after it), `change`, `presence`, and `reset` (you missed more than is kept: read the scope anew). The id of each event is the number of the last change: send it as Last-Event-ID when you come back, and you miss none. Otherwise the changes after `after`, and who is here.',
    tag: 'Orbit live',
    auth: 'account',
    may: 'viewer',
    scope: 'orbit:read',
    rate: { perMinute: 120, by: 'member' },
    streams: true,
    query: z.strictObject({
      after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
        .optional()
        .describe(
          'The number of the last change that you know of. Of no use in a stream: that has Last-Event-ID.',
        ),
    }),
    reply: { 200: liveState },
    errors: ['scope_not_found'],
  },
  async ({ accountId, params, query, caller, origin, wire }, { live }) => {
    const { userId, keyId, sessionId } = caller;
    const rights = { accountId, scopeId: params.id, userId, keyId, sessionId };
    return wantsEvents(wire) ? live.follow({ rights, origin, wire }) : live.read(rights, query.after);
  },
);

export const editSection = route(
  'PUT /v1/scopes/:id/editing',
  {
    summary: 'Say which section you are editing',
    description:
      'People who have the scope open see it in `presence`, until you name another section, send null, or leave. Follow the scope first: the call has no effect for people who do not.',
    tag: 'Orbit live',
    auth: 'account',
    may: 'member',
    scope: 'orbit:write',
    rate: { perMinute: 120, by: 'member' },
    body: namedObject('EditingRequest', { section_id: z.uuid().nullable() }),
    reply: { 200: presence },
    errors: ['scope_not_found', 'section_not_found'],
  },
  ({ accountId, params, caller, body }, { live }) => {
    const { userId, keyId, sessionId } = caller;
    return live.edit({ accountId, scopeId: params.id, userId, keyId, sessionId }, body.section_id);
  },
);
