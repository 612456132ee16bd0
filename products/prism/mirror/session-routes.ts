import { answer, namedObject, okReply, pageOf, pageQuery, productRoutes, wholeNumber } from 'plinth/product';
import { z } from 'zod';
import type { Prism } from '../service.ts';
import { localeOf } from '../locale.ts';
import { crisisReply, shownCrisis, supportOf } from '../safety.ts';
import { line, readAgain } from '../words.ts';
import { openedSession, session, shownOpened, shownSession, shownWhole, wholeSession } from './replies.ts';

const route = productRoutes<Prism>();

const reads = {
  tag: 'Prism Mirror',
  auth: 'account',
  may: 'viewer',
  scope: 'prism:read',
  rate: { perMinute: 300, by: 'account' },
} as const;
const writes = { ...reads, may: 'member', scope: 'prism:write' } as const;

export const openSession = route(
  'POST /v1/mirror/sessions',
  {
    ...writes,
    summary: 'Open a session',
    description:
      'It counts against the sessions of your week. To somebody whose title speaks of a crisis it answers with words and helplines (200): nothing is opened, and nothing counts.',
    precheck: { text: ({ body }) => body.title ?? '', locale: localeOf, crisis: shownCrisis },
    spends: {
      feature: 'mirror_session',
      as: 'inline',
      replay: ({ accountId, kept }, { sessions, profiles }: Prism) =>
        readAgain(kept, async (id) => {
          const row = await sessions.read({ accountId, id });
          return shownOpened(row, supportOf(row.title ?? '', await profiles.localeOf(accountId)));
        }),
    },
    body: namedObject('NewMirrorSession', { title: line(200).nullable().default(null) }),
    reply: { 200: crisisReply, 201: openedSession },
    errors: ['not_found'],
  },
  async ({ accountId, caller, permit, body, safety }, { sessions }) => {
    const row = await sessions.open({ accountId, userId: caller.userId, permit }, body.title);
    return answer(201, shownOpened(row, safety), { location: `/v1/mirror/sessions/${row.id}` });
  },
);

export const listSessions = route(
  'GET /v1/mirror/sessions',
  {
    ...reads,
    summary: 'List your sessions',
    description: 'Newest first, without the messages.',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(session) },
  },
  async ({ accountId, query }, { sessions }) => {
    const { data, next_cursor } = await sessions.list(accountId, query);
    return { data: data.map(shownSession), next_cursor };
  },
);

export const readSession = route(
  'GET /v1/mirror/sessions/:id',
  {
    ...reads,
    summary: 'Read a session with its messages and fragments',
    reply: { 200: wholeSession },
    errors: ['not_found'],
  },
  async ({ accountId, params }, { sessions }) =>
    shownWhole(await sessions.readWhole({ accountId, id: params.id })),
);

export const deleteSession = route(
  'DELETE /v1/mirror/sessions/:id',
  {
    ...writes,
    summary: 'Delete a session',
    description:
      'It is gone at once with its messages and fragments, from every list and from Spectrum; and for good 30 days later.',
    reply: { 200: okReply },
    errors: ['not_found'],
  },
  async ({ accountId, params }, { sessions }) => {
    await sessions.remove({ accountId, id: params.id });
    return { ok: true };
  },
);

export const closeSession = route(
  'POST /v1/mirror/sessions/:id/close',
  {
    ...writes,
    summary: 'Close a session',
    description:
      'Answers with its summary; should that take longer than 25 seconds, or those that `wait` says, the session is `closing`, and has it later. It takes no Idempotency-Key: a repeated call changes nothing.',
    idempotency: 'none',
    maxSeconds: 60,
    query: z.strictObject({
      wait: wholeNumber(0, 25).default(25).describe('Seconds to wait for the summary.'),
    }),
    reply: { 200: wholeSession },
    errors: ['not_found', 'limit_exceeded', 'operator_budget_closed', 'mirror_session_busy'],
  },
  async ({ accountId, params, query, spender, origin }, { sessions, closing }) => {
    const key = { accountId, id: params.id };
    await closing.close(key, { spender, origin, seconds: query.wait });
    return shownWhole(await sessions.readWhole(key));
  },
);
