import { calendarDay, commitPoint, namedObject, productRoutes, versionedAnswer } from 'plinth/product';
import { z } from 'zod';
import type { Prism } from '../service.ts';
import { localeOf } from '../locale.ts';
import { shownSupport } from '../safety.ts';
import { line } from '../words.ts';
import { keptAction, shownAction, shownSuggested, suggested } from './replies.ts';
import { SOURCES } from './store.ts';
import { GOAL_BYTES } from './suggestions.ts';

const ADD = commitPoint('prism.action-add', 'an action, and the answer under the request’s key');

const route = productRoutes<Prism>();

const writes = {
  tag: 'Prism Lens',
  auth: 'account',
  may: 'member',
  scope: 'prism:write',
  rate: { perMinute: 300, by: 'account' },
} as const;

const title = line(300);

export const addAction = route(
  'POST /v1/lens/goals/:id/actions',
  {
    ...writes,
    summary: 'Add an action to a goal',
    description: 'Of your own, or a suggestion that you take (`source: suggested`).',
    body: namedObject('NewAction', {
      title,
      due: calendarDay.nullable().default(null),
      source: z.enum(SOURCES).default('own'),
    }),
    precheck: { text: ({ body }) => body.title, locale: localeOf },
    reply: { 201: keptAction },
    errors: ['not_found'],
  },
  ({ accountId, params, body, once, safety }, { lens }) =>
    once(ADD, async (tx) => {
      const row = await lens.addActionIn(tx, { accountId, id: params.id }, body);
      return versionedAnswer(row, { ...shownAction(row), support: shownSupport(safety) }, { status: 201 });
    }),
);

export const changeAction = route(
  'PATCH /v1/lens/actions/:id',
  {
    ...writes,
    summary: 'Change an action, or say that it is done',
    description:
      'Only the fields that you send are changed. One that is done already keeps the day on which you did it; days in a row make a streak.',
    versioned: true,
    body: namedObject('UpdateActionRequest', {
      title: title.optional(),
      due: calendarDay.nullable().optional(),
      done: z.boolean().optional(),
    }).refine((body) => Object.keys(body).length > 0, 'Say what to change.'),
    precheck: { text: ({ body }) => body.title ?? '', locale: localeOf },
    reply: { 200: keptAction },
    errors: ['not_found'],
  },
  async ({ accountId, params, ifMatch, body, safety }, { lens }) => {
    const row = await lens.changeAction({ accountId, id: params.id, version: ifMatch }, body);
    return versionedAnswer(row, { ...shownAction(row), support: shownSupport(safety) });
  },
);

export const suggest = route(
  'POST /v1/lens/goals/:id/suggest',
  {
    ...writes,
    rate: { perMinute: 60, by: 'account' },
    summary: 'Suggest next actions for a goal',
    description:
      'Three small ones. Nothing is saved: add the one that you take with `POST /v1/lens/goals/:id/actions`.',
    maxSeconds: 90,
    // The answer is about your text, and stands nowhere else.
    private: true,
    precheck: {
      stored: async ({ accountId, params }, { lens }: Prism) => lens.writtenIn({ accountId, id: params.id }),
      locale: localeOf,
      crisis: (support) => shownSuggested({ suggestions: [], support }),
    },
    spends: {
      feature: 'suggestion',
      as: 'inline',
      storedBytes: GOAL_BYTES,
      check: async ({ accountId, params }, { lens }: Prism) =>
        void (await lens.read({ accountId, id: params.id })),
      replay: async ({ accountId, params, kept }, { lens }: Prism) => {
        await lens.read({ accountId, id: params.id });
        return kept;
      },
    },
    reply: { 200: suggested },
    errors: [
      'not_found',
      'conflict',
      'provider_unavailable',
      'provider_rejected',
      'answer_unusable',
      'answer_too_large',
    ],
  },
  async ({ accountId, permit, params, origin, safety: support }, { profiles, suggest: suggestFor }) => {
    const profile = await profiles.read(accountId);
    const { signal } = origin;
    return shownSuggested(await suggestFor({ accountId, permit, profile, signal, support }, params.id));
  },
);
