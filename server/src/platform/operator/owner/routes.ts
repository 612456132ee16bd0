import { namedObject, okReply, type Route, routesFor } from '#platform/http';
import { deviceNameSchema, signedInSchema } from '#platform/identity';
import { z } from 'zod';
import type { OwnerSignIn } from './sign-in-link.ts';

const route = routesFor<OwnerSignIn>();

const sampleReply = namedObject('SampleShop', {
  state: z
    .enum(['none', 'filling', 'ready', 'here', 'unavailable'])
    .describe('`here`: this server is the sample. `unavailable`: this server has none, as in production.'),
  day: z.int().describe('The day that is being filled.'),
  days: z.int().describe('How many days there are.'),
  home: z.string().nullable().describe('For the sample itself: the server that it was begun at.'),
  url: z.string().nullable().describe('A link that signs you in there, once, within ten minutes.'),
});
const ofSample = { tag: 'Admin', auth: 'admin', rate: { perMinute: 120, by: 'user' } } as const;

/** Calls of the local owner. */
export const ownerRoutes: Route[] = [
  route(
    'POST /v1/auth/sign-in-link',
    {
      summary: 'Sign in the local owner by a link',
      description:
        'For the page behind the link that `npm start` and `plinth console` print: the code after `#`. It is good once, for ten minutes and five tries, and a newer one ends it. In production this is 404. It takes no Idempotency-Key: a code is good once.',
      tag: 'Identity',
      session: 'opens',
      auth: 'none',
      rate: { perMinute: 30, by: 'ip' },
      body: namedObject('SignInLinkRequest', {
        code: z.string().min(1).max(40),
        device_name: deviceNameSchema.optional(),
      }),
      reply: { 200: signedInSchema },
      errors: ['sign_in_link_invalid', 'not_found', 'user_suspended', 'user_closed', 'sso_required'],
      idempotency: 'none',
    },
    ({ body: { code, device_name: deviceName }, origin }, owner) =>
      owner.signIn({ code, deviceName }, origin),
  ),
  route(
    'GET /v1/admin/sample',
    {
      ...ofSample,
      scope: 'admin:read',
      summary: 'Read how far the sample shop is',
      reply: { 200: sampleReply },
    },
    async (_call, { sample }) => sample.look(),
  ),
  route(
    'POST /v1/admin/sample',
    {
      ...ofSample,
      scope: 'admin:write',
      summary: 'Open a sample shop',
      description:
        'Fills a month of a shop on a server of its own, beside this one and in a folder of its own: it takes a minute. Once it is ready, the answer has a link to it. On development servers alone. It takes no Idempotency-Key: there is one sample, and it is filled once.',
      reply: { 200: sampleReply },
      errors: ['sample_unavailable'],
      idempotency: 'none',
    },
    async (_call, { sample }) => sample.open(),
  ),
  route(
    'DELETE /v1/admin/sample',
    {
      ...ofSample,
      scope: 'admin:write',
      summary: 'Remove the sample shop',
      description:
        'Ends its server and deletes its folder. The sample itself does so after the answer; where there is none, nothing is done.',
      reply: { 200: okReply },
    },
    async (_call, { sample }) => {
      await sample.remove();
      return { ok: true };
    },
  ),
];
