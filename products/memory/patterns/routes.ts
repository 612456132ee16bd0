import { answer, commitPoint, namedObject, okReply, pageOf, pageQuery, productRoutes } from 'plinth/product';
import { z } from 'zod';
import type { Memory } from '../service.ts';
import { changeOf, itemOf, memberOf, reads, SHARING_ERRORS, writes } from '../access.ts';
import { level } from '../sessions/replies.ts';
import {
  patternKind,
  patternReply,
  patternTitle,
  queuedReply,
  rating,
  shownPattern,
  shownSummary,
  summaryReply,
  anyPattern,
} from './replies.ts';

const ASKED = commitPoint('coditect.patterns-asked', 'a job that finds patterns');

const route = productRoutes<Memory>();
const OWN_ERRORS = ['pattern_not_found', 'author_only'] as const;
const MOST_NAMED = 100;

export const extractPatterns = route(
  'POST /v1/patterns/extract',
  {
    ...writes,
    rate: { perMinute: 10, by: 'member' },
    summary: 'Find patterns in sessions',
    description:
      'Answers at once; a job finds them: read `status_url` until it is done. It looks at the sessions that are named, or at your own newest 1,000. Done again it finds the same patterns, and updates them.',
    body: namedObject('ExtractPatterns', {
      session_ids: z
        .array(z.uuid())
        .max(MOST_NAMED)
        .default([])
        .describe('Sessions that you may read. None: your own.'),
    }),
    reply: { 202: queuedReply },
    errors: ['memory_session_not_found'],
  },
  async (call, { patterns }) => {
    const member = memberOf(call);
    const sessionIds = call.body.session_ids;
    const within = { account: member.accountId, user: member.userId };
    const queued = await call.once(
      ASKED,
      async (tx) => {
        const id = await patterns.askIn(tx, member, { sessionIds, origin: call.origin });
        const status_url = `/v1/jobs/${id}`;
        return answer(202, { job_id: id, status_url }, { location: status_url });
      },
      within,
    );
    patterns.wake();
    return queued;
  },
);

export const listPatterns = route(
  'GET /v1/patterns',
  {
    ...reads,
    summary: 'List patterns',
    description:
      'Those that you may read, newest first: you must be able to read all sessions that they are drawn from. With `scope=platform`: what kinds of patterns accounts had last month, as counts with noise, of accounts that opted in (`POST /v1/privacy/settings`).',
    query: z.strictObject({
      ...pageQuery,
      kind: patternKind.optional(),
      scope: z
        .enum([...level.options, 'platform'])
        .optional()
        .describe('Those of this level; `platform`: what was released of all accounts.'),
    }),
    reply: { 200: pageOf(anyPattern) },
  },
  async (call, { patterns }) => {
    const { scope, ...query } = call.query;
    if (scope === 'platform') {
      const released = await patterns.released(query);
      return { ...released, data: released.data.map((one) => ({ level: 'platform' as const, ...one })) };
    }
    const { data, next_cursor } = await patterns.list(memberOf(call), { ...query, scope });
    return { data: data.map(shownSummary), next_cursor };
  },
);

export const readPattern = route(
  'GET /v1/patterns/:id',
  {
    ...reads,
    summary: 'Read a pattern with its sources',
    description: 'Each source names the session, the messages and where in them it stands.',
    reply: { 200: patternReply },
    errors: ['pattern_not_found'],
  },
  async (call, { patterns }) => {
    const { row, sources } = await patterns.readWithSources(itemOf(call));
    return shownPattern(row, sources);
  },
);

export const changePattern = route(
  'PATCH /v1/patterns/:id',
  {
    ...writes,
    summary: 'Change the title or the level of a pattern',
    description:
      'Its author may change both, and raise the level up to that of the most private session that it is drawn from. Admins and owners of the organization may lower the level of a pattern that they can read, and never raise it.',
    body: namedObject('ChangePattern', {
      title: patternTitle.nullable().optional().describe('Null: its own words.'),
      level: level.optional(),
      team_id: z.uuid().nullable().default(null).describe('With the level `team` alone.'),
    }).refine((body) => body.level !== undefined || body.title !== undefined, 'Say what to change.'),
    reply: { 200: summaryReply },
    errors: [...SHARING_ERRORS, ...OWN_ERRORS, 'sources_more_private'],
  },
  async (call, { patterns }) => {
    const { team_id: teamId, ...change } = call.body;
    return shownSummary(await patterns.change(changeOf(call), { ...change, teamId }));
  },
);

export const ratePattern = route(
  'POST /v1/patterns/:id/rating',
  {
    ...writes,
    summary: 'Rate a pattern',
    description:
      'You must be able to read it. You have one rating: another takes its place, and null takes it back. It takes no Idempotency-Key: done again it changes nothing.',
    idempotency: 'none',
    body: namedObject('RatePattern', { rating }),
    reply: { 200: summaryReply },
    errors: ['pattern_not_found'],
  },
  async (call, { patterns }) => {
    const isHelpful = call.body.rating === null ? null : call.body.rating === 'helpful';
    return shownSummary(await patterns.rate(itemOf(call), isHelpful));
  },
);

export const deletePattern = route(
  'DELETE /v1/patterns/:id',
  {
    ...writes,
    summary: 'Delete a pattern',
    description:
      'With its sources and ratings. Its author alone may. The next extraction finds it again as long as it recurs: rate it unhelpful if it is wrong.',
    reply: { 200: okReply },
    errors: [...OWN_ERRORS],
  },
  async (call, { patterns }) => {
    await patterns.remove(itemOf(call));
    return { ok: true };
  },
);
