import {
  answer,
  AppError,
  isFinal,
  namedObject,
  type OnceInSteps,
  productRoutes,
  ROLES,
} from 'plinth/product';
import { z } from 'zod';
import type { Onboarding } from './service.ts';
import { line } from '../words.ts';
import { agrees, workspaceId } from '../workspaces/agreement.ts';
import { PRIVACY, STEPS, type Step } from '../workspaces/workspace.ts';
import type { OnboardingStatus } from './service.ts';

const route = productRoutes<{ readonly onboarding: Onboarding }>();

const tag = 'Orbit onboarding';
const steps = {
  tag,
  auth: 'account',
  may: 'admin',
  scope: 'orbit:write',
  rate: { perMinute: 20, by: 'account' },
} as const;
const AGAIN = 'A step may be taken again, with or without an Idempotency-Key, and has one effect.';

const status = namedObject('OnboardingStatus', {
  workspace_id: z.uuid().nullable().describe('Null: you have no workspace yet.'),
  name: z.string().nullable(),
  slug: z.string().nullable(),
  plan: z.string().nullable().describe('What the workspace has now, whatever was ordered.'),
  privacy: z.enum(PRIVACY),
  steps: z.array(
    namedObject('OnboardingStep', {
      step: z.enum(STEPS),
      state: z.enum(['open', 'done', 'skipped']),
      at: z.iso.datetime().nullable(),
      said: z.looseObject({}).nullable().describe('The answers of the step: goals, or the order.'),
    }),
  ),
  next: z.enum(STEPS).nullable().describe('The first open one; null: it is over.'),
});

function toJson(found: OnboardingStatus | undefined): z.input<typeof status> {
  const { workspace, name = null, plan = null } = found ?? {};
  const states = STEPS.map((step) => {
    const state = workspace?.onboarding[step];
    return { step, state: state?.state ?? 'open', at: state?.at ?? null, said: state?.said ?? null } as const;
  });
  return {
    workspace_id: workspace?.account_id ?? null,
    name,
    slug: workspace?.slug ?? null,
    plan,
    privacy: workspace?.privacy ?? 'standard',
    steps: states.map((one) => ({ ...one, said: one.said === null ? null : { ...one.said } })),
    next: states.find(({ state }) => state === 'open')?.step ?? null,
  };
}

/** A step is of several commits, and each of them is made once by itself. */
const inSteps = <Body>(onceInSteps: OnceInSteps, run: () => Promise<Body>) =>
  onceInSteps({ isOver: isFinal, run: async () => answer(200, await run()) });

export const beginWorkspace = route(
  'POST /v1/onboarding/workspace',
  {
    tag,
    auth: 'user',
    scope: 'session',
    rate: { perMinute: 10, by: 'user' },
    summary: 'Create a workspace in the onboarding',
    description:
      'Makes an organization that you own. One of yours with this name whose onboarding is not over is taken up instead, so that asking twice makes one. The further steps are for the workspace in X-Account-Id.',
    body: namedObject('BeginWorkspaceRequest', { name: line(200) }),
    reply: { 201: status },
    errors: ['conflict', 'too_many_organizations'],
  },
  async ({ caller, origin, body, once }, { onboarding }) => {
    const { headers, status: begun } = await onboarding.begin({ caller, origin, once }, body.name);
    return answer(201, toJson(begun), headers);
  },
);

const MOST_INVITATIONS = 25;
const url = z.url({ protocol: /^https?$/ }).max(2_000);

export const teamStep = route(
  'POST /v1/onboarding/team',
  {
    ...steps,
    summary: 'Invite the team and set the privacy level',
    description: `Invitations are those of the organization. Addresses that cannot be invited are listed with the reason; the others are invited. ${AGAIN}`,
    body: namedObject('OnboardingTeamRequest', {
      workspace_id: workspaceId,
      invitations: z
        .array(
          namedObject('OnboardingInvitee', {
            email: z.email().max(254),
            role: z.enum(ROLES).exclude(['owner']).default('member'),
          }),
        )
        .max(MOST_INVITATIONS)
        .default([]),
      privacy: z.enum(PRIVACY).optional().describe('no_models: nothing of it is sent to a model.'),
    }),
    reply: {
      200: namedObject('OnboardingTeam', {
        invitations: z.array(
          namedObject('OnboardingInvitation', {
            email: z.string(),
            role: z.enum(ROLES),
            outcome: z.enum(['invited', 'already_invited', 'already_member', 'refused']),
            code: z.string().nullable().describe('Of a refused one: why, such as `limit_exceeded`.'),
          }),
        ),
        status,
      }),
    },
    errors: ['workspace_mismatch'],
  },
  async ({ accountId, caller, origin, body, onceInSteps }, { onboarding }) => {
    agrees(body.workspace_id, accountId);
    const { invitations, privacy } = body;
    return inSteps(onceInSteps, async () => {
      const invited = await onboarding.team({ accountId, caller, origin }, { invitations, privacy });
      const found = await onboarding.status({ caller, origin }, accountId);
      return { invitations: invited.map((one) => ({ ...one })), status: toJson(found) };
    });
  },
);

export const goalsStep = route(
  'POST /v1/onboarding/goals',
  {
    ...steps,
    summary: 'Save your goals',
    description: AGAIN,
    body: namedObject('OnboardingGoalsRequest', {
      workspace_id: workspaceId,
      goals: z.array(line(100)).min(1).max(10),
      role: line(100).optional().describe('What you do: consultant, agency, in-house …'),
      team_size: z.int().min(1).max(100_000).optional(),
    }),
    reply: { 200: status },
    errors: ['workspace_mismatch'],
  },
  async ({ accountId, caller, origin, body, onceInSteps }, { onboarding }) => {
    const { workspace_id, ...said } = body;
    agrees(workspace_id, accountId);
    return inSteps(onceInSteps, async () => {
      await onboarding.goals({ accountId, caller, origin }, said);
      return toJson(await onboarding.status({ caller, origin }, accountId));
    });
  },
);

export const subscribeStep = route(
  'POST /v1/onboarding/subscribe',
  {
    ...steps,
    scope: 'billing:write',
    summary: 'Choose a plan',
    description: `Answers the payment provider’s page for a plan that costs something; the plan is in effect seconds after the payment. The same order is answered with the same page. ${AGAIN}`,
    private: true,
    body: namedObject('OnboardingSubscribeRequest', {
      workspace_id: workspaceId,
      plan: z.enum(['free', 'pro', 'team']),
      cycle: z.enum(['monthly', 'yearly']).default('monthly'),
      success_url: url.optional(),
      cancel_url: url.optional(),
    }).refine(
      ({ plan, success_url, cancel_url }) =>
        plan === 'free' || (success_url !== undefined && cancel_url !== undefined),
      { error: 'name success_url and cancel_url: pages of yours that customers come back to' },
    ),
    reply: {
      200: namedObject('OnboardingCheckout', {
        checkout_url: z.url().nullable().describe('The provider’s page; null: there is nothing to pay.'),
        expires_at: z.iso.datetime().nullable(),
        status,
      }),
    },
    errors: [
      'workspace_mismatch',
      'nothing_sold',
      'store_unavailable',
      'store_refused',
      'already_subscribed',
      'managed_elsewhere',
      'prices_missing',
      'wrong_account_kind',
      'conflict',
    ],
  },
  async ({ accountId, caller, origin, body, onceInSteps }, { onboarding }) => {
    const { workspace_id, plan, cycle, success_url = '', cancel_url = '' } = body;
    agrees(workspace_id, accountId);
    const by = { accountId, caller, origin };
    return inSteps(onceInSteps, async () => {
      const page = await onboarding.subscribe(by, { plan, cycle, success_url, cancel_url });
      return {
        checkout_url: page?.url ?? null,
        expires_at: page?.expiresAt.toISOString() ?? null,
        status: toJson(await onboarding.status({ caller, origin }, accountId)),
      };
    });
  },
);

/** A step in a path. */
function stepIn(word: string): Step {
  const step = STEPS.find((one) => one === word);
  if (step === undefined) throw new AppError('not_found');
  return step;
}

export const skipStep = route(
  'POST /v1/onboarding/:step/skip',
  {
    ...steps,
    summary: 'Skip a step',
    description: `All but the first one; it can be taken later. What is done stays done. ${AGAIN}`,
    params: { step: 'text' },
    reply: { 200: status },
    errors: ['not_found', 'step_required'],
  },
  async ({ accountId, caller, origin, params, onceInSteps }, { onboarding }) => {
    const step = stepIn(params.step);
    return inSteps(onceInSteps, async () => {
      await onboarding.skip({ accountId, caller, origin }, step);
      return toJson(await onboarding.status({ caller, origin }, accountId));
    });
  },
);

export const readStatus = route(
  'GET /v1/onboarding/status',
  {
    tag,
    auth: 'user',
    scope: 'orbit:read',
    rate: { perMinute: 120, by: 'user' },
    summary: 'Read the onboarding status',
    description:
      'Of the workspace that is asked for; else of your newest one that is not through with it, so that you can go on there.',
    query: z.strictObject({ workspace_id: z.uuid().optional() }),
    reply: { 200: status },
    errors: ['not_found'],
  },
  async ({ caller, origin, query }, { onboarding }) =>
    toJson(await onboarding.status({ caller, origin }, query.workspace_id)),
);
