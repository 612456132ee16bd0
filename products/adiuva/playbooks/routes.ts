import { AppError, namedObject, productRoutes } from 'plinth/product';
import { z } from 'zod';
import type { Adiuva } from '../service.ts';
import { supportText } from '../support-text.ts';
import { executionPlan } from './plan.ts';
import { adiuvaCatalogue } from '../plans.ts';
import { playbookNamed, playbooksOf } from './playbooks.ts';
import { tierFeatures } from './tiers.ts';

const route = productRoutes<Adiuva>();

const common = {
  tag: 'Adiuva',
  auth: 'account',
  rate: { perMinute: 600, by: 'member' },
  soldRates: ['requests'],
} as const;

const reads = { ...common, may: 'viewer', scope: 'adiuva:read' } as const;

const playbook = namedObject('Playbook', {
  id: z.string(),
  title: z.string(),
  tier: z.string().describe('The least plan that has it.'),
  ...executionPlan.shape,
});

export const listPlaybooks = route(
  'GET /v1/plans/playbook',
  {
    ...reads,
    operation: 'listPlaybooks',
    summary: 'List the playbooks of your plan',
    description:
      'Plans that are ready to run. Take their steps in order: `run_prompt` is a call of `POST /v1/plans/steps/run`, all others are for your program.',
    reply: { 200: z.array(playbook).meta({ id: 'PlaybookList' }) },
  },
  async ({ accountId }, { plan }) => playbooksOf((await plan.now(accountId)).grants),
);

export const readPlaybook = route(
  'GET /v1/plans/playbook/:id',
  {
    ...reads,
    operation: 'getPlaybook',
    summary: 'Read a playbook',
    params: { id: 'text' },
    reply: { 200: playbook },
    errors: ['not_found', 'plan_required'],
  },
  async ({ accountId, params }, { plan }) => {
    const found = playbookNamed(params.id);
    if (found === undefined) throw new AppError('not_found', { message: 'There is no such playbook.' });
    if (found.needs !== undefined) await plan.assertGrants(accountId, found.needs);
    return found.playbook;
  },
);

const count = z.number().describe('-1: without an end.');
const features = namedObject('TierFeatures', {
  agents: count,
  batch_active: count,
  cloud_storage_gb: count,
  backup_gb: count,
  providers: count,
  batch_builder: z.boolean(),
  plugin_marketplace: z.boolean(),
  sso: z.boolean(),
});

export const readFeatures = route(
  'GET /v1/plans/features',
  {
    ...reads,
    summary: 'Read what each tier has, and what you have',
    description:
      'The matrix of tiers by the names that desktop programs know: `features` is what your plan grants now, `tiers` has each plan as it is sold.',
    reply: {
      200: namedObject('TierMatrix', {
        tier: z.string().nullable(),
        features,
        tiers: z.record(z.string(), features),
      }),
    },
  },
  async ({ accountId }, { plan }) => {
    const { plan: id, grants } = await plan.now(accountId);
    const tiers = Object.entries(adiuvaCatalogue.plans).map(([name, sold]) => [
      name,
      tierFeatures(sold.grants),
    ]);
    return {
      tier: id === null ? null : id.replace(/^adiuva\./, ''),
      features: tierFeatures(grants),
      tiers: Object.fromEntries(tiers),
    };
  },
);

export const runStep = route(
  'POST /v1/plans/steps/run',
  {
    ...common,
    may: 'member',
    scope: 'adiuva:write',
    summary: 'Run a step of a plan that asks a model',
    description:
      'Send a template’s id and a value for each of its variables. Nothing of them is kept. The answer has a text, and the records that your program is to create where the template makes some.',
    private: true,
    maxBody: 512 * 1024,
    maxSeconds: 120,
    precheck: {
      text: ({ body }) => Object.values(body.variables).join('\n'),
      crisis: (support, { body }) => ({
        prompt_template: body.prompt_template,
        text: supportText(support),
        records: [],
      }),
    },
    spends: {
      feature: 'step',
      as: 'inline',
      check: ({ accountId, body }, { steps }: Adiuva) => steps.check(accountId, body),
    },
    body: namedObject('RunStepRequest', {
      prompt_template: z.string().min(1).max(64),
      variables: z.record(z.string().max(64), z.union([z.string(), z.number()])),
    }),
    reply: {
      200: namedObject('StepResult', {
        prompt_template: z.string(),
        text: z.string().describe('What a later step with `from: step` takes. Records are JSON in it.'),
        records: z
          .array(z.record(z.string(), z.unknown()))
          .describe('What a later `create_record` of this step creates, one after the other.'),
      }),
    },
    errors: [
      'plan_template_unknown',
      'plan_variables_invalid',
      'plan_required',
      'provider_unavailable',
      'provider_timeout',
      'provider_rejected',
      'answer_unusable',
      'answer_too_large',
    ],
  },
  (call, { steps }) => steps.run(call),
);
