import { namedObject, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import { moveView } from './moves-store.ts';
import type { Plans } from './service.ts';

const route = routesFor<Plans>();
const reads = {
  tag: 'Admin',
  auth: 'admin',
  scope: 'admin:read',
  rate: { perMinute: 60, by: 'user' },
} as const;
const writes = { ...reads, scope: 'admin:write' } as const;

const plan = z.string().max(200).describe('`notes.pro`');
const version = z.int().min(1).max(2_147_483_647);
const wanted = {
  plan,
  from: z
    .array(version)
    .min(1)
    .max(100)
    .optional()
    .describe(
      'Versions whose customers pass; when not said, all that differ from the plan as it is sold now.',
    ),
};
const changes = z
  .array(namedObject('TermsChange', { path: z.string(), text: z.string() }))
  .describe('What the plan has otherwise now.');

const readSold = route(
  'GET /v1/admin/plans/sold',
  {
    ...reads,
    summary: 'List the terms at which plans were sold, and how many accounts keep them',
    reply: {
      200: namedObject('SoldPlans', {
        versions: z.array(
          namedObject('SoldPlan', {
            plan,
            version,
            accounts: z.int().describe('Have a purchase at these terms that runs.'),
            recurring: z
              .array(namedObject('SoldPlanRevenue', { currency: z.string(), mrr_minor: z.int() }))
              .describe('What their subscriptions bring in a month, discounts taken off, in minor units.'),
            is_sold: z.boolean().describe('Whether a purchase gets these terms now.'),
            first_sold_at: z.iso.datetime(),
            changes,
          }),
        ),
      }),
    },
  },
  async (_call, { moves }) => {
    const [sold, recurring] = await Promise.all([moves.sold(), moves.recurring()]);
    const versions = sold.map((one) => ({
      plan: `${one.product}.${one.plan}`,
      version: one.version,
      accounts: one.accounts,
      is_sold: one.isSold,
      first_sold_at: one.created_at.toISOString(),
      changes: textsOf(one.changes),
      recurring: recurring
        .filter((paid) => (['product', 'plan', 'version'] as const).every((key) => paid[key] === one[key]))
        .map(({ currency, mrr_minor }) => ({ currency, mrr_minor })),
    }));
    return { versions };
  },
);

const reply = namedObject('PlanMove', {
  id: z.uuid(),
  plan,
  from: z.array(version),
  to: version,
  at: z.enum(['renewal', 'now']),
  starts_at: z.iso.datetime(),
  state: z
    .enum(['telling', 'waiting', 'done', 'revoked'])
    .describe(
      '`telling`: mails go out. `waiting`: for `starts_at`. `done`: all have passed, or do with their next period.',
    ),
  accounts: z.int().describe('Have passed, or do with their next period.'),
  created_at: z.iso.datetime(),
  created_by: z.uuid().nullable(),
});

const orderMove = route(
  'POST /v1/admin/plans/moves',
  {
    ...writes,
    summary: 'Move customers to the present terms of their plan',
    description:
      'The owners and admins of each account are told by mail first. What they pay stays as it is. Each account passes in one commit; until then, and for those who wait for their next period, the move can be ended. An order takes the place of a move of the plan that is under way.',
    body: namedObject('PlanMoveRequest', {
      ...wanted,
      at: z
        .enum(['renewal', 'now'])
        .describe('With the first period that begins after the notice, or all of them at its end.'),
      notice_days: z.int().min(0).max(365).describe('Days from now until the first may pass.'),
    }),
    reply: { 201: reply },
    errors: ['conflict'],
  },
  ({ body: { notice_days: noticeDays, ...order }, caller, origin, once }, { moves }) =>
    moves.order({ ...order, noticeDays, caller, origin, once }),
);

const listMoves = route(
  'GET /v1/admin/plans/moves',
  {
    ...reads,
    summary: 'List the newest 50 moves of customers to other terms',
    reply: { 200: namedObject('PlanMoves', { moves: z.array(reply) }) },
  },
  async (_call, { moves }) => ({ moves: (await moves.list()).map(moveView) }),
);

const endMove = route(
  'DELETE /v1/admin/plans/moves/:id',
  {
    ...writes,
    summary: 'End a move: who has not passed keeps their terms',
    reply: { 200: reply },
    errors: ['not_found', 'conflict'],
  },
  async ({ params: { id }, caller, origin }, { moves }) =>
    moveView(await moves.revoke({ id, caller, origin })),
);

const textsOf = (all: readonly { readonly path: string; readonly text: string }[]) =>
  all.map(({ path, text }) => ({ path, text }));

/** Terms at which plans were sold, for platform admins. */
export const planMovesRoutes: Route[] = [readSold, orderMove, listMoves, endMove];
