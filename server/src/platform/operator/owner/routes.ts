import { namedObject, type Route, routesFor } from '#platform/http';
import { deviceNameSchema, signedInSchema } from '#platform/identity';
import { z } from 'zod';
import type { OwnerSignIn } from './sign-in-link.ts';

const route = routesFor<OwnerSignIn>();

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
];
