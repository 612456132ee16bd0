import { okReply, type Route, routesFor } from '#platform/http';
import type { Accounts } from './accounts.ts';

const route = routesFor<Accounts>();

const shared = {
  tag: 'Admin',
  auth: 'admin',
  scope: 'admin:write',
  rate: { perMinute: 60, by: 'user' },
  reply: { 200: okReply },
  errors: ['not_found'],
  idempotency: 'none',
} as const;

const suspend = route(
  'POST /v1/admin/accounts/:id/suspend',
  {
    ...shared,
    summary: 'Suspend an account',
    description:
      'Nothing is spent for it any more, from this moment on; jobs of it that wait give back what they were charged. Its members still read what is there. It takes no Idempotency-Key: a repeated call changes nothing.',
  },
  async ({ caller, params, origin }, { suspension }) => {
    await suspension.suspend(caller, params.id, origin);
    return { ok: true };
  },
);

const reinstate = route(
  'POST /v1/admin/accounts/:id/reinstate',
  {
    ...shared,
    summary: 'Reinstate a suspended account',
    description: 'It can spend again. It takes no Idempotency-Key: a repeated call changes nothing.',
  },
  async ({ caller, params, origin }, { suspension }) => {
    await suspension.reinstate(caller, params.id, origin);
    return { ok: true };
  },
);

/** Calls of platform admins on accounts. */
export const suspensionRoutes: Route[] = [suspend, reinstate];
