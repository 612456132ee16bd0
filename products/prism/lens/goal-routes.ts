import {
  calendarDay,
  commitPoint,
  namedObject,
  okReply,
  pageOf,
  pageQuery,
  productRoutes,
  versionedAnswer,
} from 'plinth/product';
import { z } from 'zod';
import type { Prism } from '../service.ts';
import { localeOf } from '../locale.ts';
import { joinTexts, shownSupport } from '../safety.ts';
import { line } from '../words.ts';
import { goal, keptGoal, shownGoal, shownWhole, wholeGoal } from './replies.ts';
import { GOAL_STATUSES } from './store.ts';

const ADD = commitPoint('prism.goal-add', 'a goal, and the answer under the request’s key');

const route = productRoutes<Prism>();

const reads = {
  tag: 'Prism Lens',
  auth: 'account',
  may: 'viewer',
  scope: 'prism:read',
  rate: { perMinute: 300, by: 'account' },
} as const;
const writes = { ...reads, may: 'member', scope: 'prism:write' } as const;

const title = line(200);
const why = line(1_000).nullable().describe('Why you want it.');

export const addGoal = route(
  'POST /v1/lens/goals',
  {
    ...writes,
    summary: 'Set a goal',
    body: namedObject('NewGoal', {
      title,
      why: why.default(null),
      target_date: calendarDay.nullable().default(null),
    }),
    precheck: { text: ({ body }) => joinTexts([body.title, body.why]), locale: localeOf },
    reply: { 201: keptGoal },
  },
  ({ accountId, caller, body, once, safety }, { lens }) =>
    once(ADD, async (tx) => {
      const row = await lens.addIn(tx, { accountId, userId: caller.userId }, body);
      const headers = { location: `/v1/lens/goals/${row.id}` };
      const support = shownSupport(safety);
      return versionedAnswer(row, { ...shownGoal(row), support }, { status: 201, headers });
    }),
);

export const listGoals = route(
  'GET /v1/lens/goals',
  {
    ...reads,
    summary: 'List your goals',
    description: 'Newest first, without their actions.',
    query: z.strictObject({ ...pageQuery, status: z.enum(GOAL_STATUSES).optional() }),
    reply: { 200: pageOf(goal) },
  },
  async ({ accountId, query }, { lens }) => {
    const { data, next_cursor } = await lens.list(accountId, query);
    return { data: data.map(shownGoal), next_cursor };
  },
);

export const readGoal = route(
  'GET /v1/lens/goals/:id',
  {
    ...reads,
    summary: 'Read a goal with its actions and streak',
    reply: { 200: wholeGoal },
    errors: ['not_found'],
  },
  async ({ accountId, params }, { lens }) => {
    const whole = await lens.read({ accountId, id: params.id });
    return versionedAnswer(whole.goal, shownWhole(whole));
  },
);

export const changeGoal = route(
  'PATCH /v1/lens/goals/:id',
  {
    ...writes,
    summary: 'Change a goal',
    description: 'Only the fields that you send are changed.',
    versioned: true,
    body: namedObject('UpdateGoalRequest', {
      title: title.optional(),
      why: why.optional(),
      target_date: calendarDay.nullable().optional(),
      status: z.enum(GOAL_STATUSES).optional(),
    }).refine((body) => Object.keys(body).length > 0, 'Say what to change.'),
    precheck: { text: ({ body }) => joinTexts([body.title, body.why]), locale: localeOf },
    reply: { 200: keptGoal },
    errors: ['not_found'],
  },
  async ({ accountId, params, ifMatch, body, safety }, { lens }) => {
    const row = await lens.change({ accountId, id: params.id, version: ifMatch }, body);
    return versionedAnswer(row, { ...shownGoal(row), support: shownSupport(safety) });
  },
);

export const deleteGoal = route(
  'DELETE /v1/lens/goals/:id',
  {
    ...writes,
    summary: 'Delete a goal',
    description: 'It is gone at once with its actions, and for good 30 days later.',
    reply: { 200: okReply },
    errors: ['not_found'],
  },
  async ({ accountId, params }, { lens }) => {
    await lens.remove({ accountId, id: params.id });
    return { ok: true };
  },
);
