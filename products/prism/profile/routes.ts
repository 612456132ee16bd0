import { isTimeZone, namedObject, productRoutes, versionedAnswer } from 'plinth/product';
import { z } from 'zod';
import type { Prism } from '../service.ts';
import { localeOf } from '../locale.ts';
import { joinTexts, shownSupport, supportSchema } from '../safety.ts';
import { line } from '../words.ts';
import type { Profile } from './service.ts';

const route = productRoutes<Prism>();

const locale = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, 'A BCP 47 tag such as en, de or pt-BR.')
  .describe('BCP 47 tag: the language of replies, and the country of helplines (`de-AT`).');

const timeZone = z
  .string()
  .max(100)
  .regex(/^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/)
  .refine(isTimeZone, { error: 'is no time zone' })
  .describe('Where your days and weeks begin. A window that has begun goes on: a move resets nothing.');

const consents = {
  insights: z.boolean().describe('Feelings and themes are drawn out of what you write; Spectrum shows them.'),
  research: z.boolean().describe('What you write may be used for research, without your name.'),
  news: z.boolean().describe('You receive news.'),
} as const;

const fields = {
  display_name: z.string().nullable(),
  locale: z.string().nullable(),
  time_zone: z.string(),
  pronouns: z.string().nullable(),
  focus_areas: z.array(z.string()),
  consents: namedObject('Consents', consents),
  version: z.int().describe('Counts your changes; the ETag of the profile.'),
};

const profile = namedObject('Profile', fields);
/** One that was changed, with words and helplines where what is said in it asks for them. */
const keptProfile = namedObject('KeptProfile', { ...fields, support: supportSchema });

const toJson = ({ insights, research, news, ...row }: Profile) => ({
  ...row,
  focus_areas: [...row.focus_areas],
  consents: { insights, research, news },
});

const common = { tag: 'Prism', auth: 'account', rate: { perMinute: 300, by: 'account' } } as const;

export const readProfile = route(
  'GET /v1/profile',
  {
    ...common,
    summary: 'Read your profile',
    may: 'viewer',
    scope: 'prism:read',
    reply: { 200: profile },
  },
  async ({ accountId }, { profiles }) => {
    const row = await profiles.read(accountId);
    return versionedAnswer(row, toJson(row));
  },
);

const changes = namedObject('UpdateProfileRequest', {
  display_name: line(100).nullable().optional(),
  locale: locale.nullable().optional(),
  time_zone: timeZone.optional(),
  pronouns: line(50).nullable().optional(),
  focus_areas: z.array(line(50)).max(20).optional(),
  consents: namedObject('UpdateConsentsRequest', {
    insights: consents.insights.optional(),
    research: consents.research.optional(),
    news: consents.news.optional(),
  }).optional(),
}).refine((body) => Object.keys(body).length > 0, 'Say what to change.');

export const changeProfile = route(
  'PATCH /v1/profile',
  {
    ...common,
    summary: 'Change your profile',
    description:
      'Only the fields that you send are changed. The time zone is your account’s, as in `PATCH /v1/account`; what you agree to or withdraw is recorded.',
    may: 'owner',
    scope: 'prism:write',
    versioned: true,
    body: changes,
    precheck: {
      text: ({ body: { display_name, pronouns, focus_areas = [] } }) =>
        joinTexts([display_name, pronouns, focus_areas.join(', ')]),
      locale: localeOf,
    },
    reply: { 200: keptProfile },
  },
  async ({ accountId, caller, origin, ifMatch: version, body, safety }, { profiles }) => {
    const { consents: agreed = {}, ...more } = body;
    const row = await profiles.change({ accountId, caller, origin, version }, { ...more, ...agreed });
    return versionedAnswer(row, { ...toJson(row), support: shownSupport(safety) });
  },
);
