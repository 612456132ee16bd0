import { namedObject, namedUnion } from 'plinth/product';
import { z } from 'zod';
import { ACTION_TYPES, AGENT_NAMES } from '../agents/agent.ts';

/** The action of a step that asks a model; the others are those that a chat answers. */
export const RUN_PROMPT = 'run_prompt';

export const PLAN_ACTIONS = [...ACTION_TYPES, RUN_PROMPT] as const;

export type PlanActionName = (typeof PLAN_ACTIONS)[number];

/** Tables of the client that plans may name. */
export const PLAN_TABLES = ['tasks', 'checkpoints', 'projects', 'notes', 'comments'] as const;

/** Where a client takes a value from that the plan does not hold. */
export const planSource = namedUnion('PlanSource', [
  namedObject('PlanSourceUser', {
    from: z.literal('user'),
    label: z.string().describe('What to ask the user for.'),
  }),
  namedObject('PlanSourceRecords', {
    from: z.literal('records'),
    table: z.enum(PLAN_TABLES).describe('Its own rows, as JSON.'),
  }),
  namedObject('PlanSourceStep', {
    from: z.literal('step').describe('The text of the step `data_from_step`.'),
  }),
]);

export type PlanSource = z.output<typeof planSource>;

const planValue = z.union([z.string(), z.number(), planSource]);

export const planStep = namedObject('PlanStep', {
  action: z.enum(PLAN_ACTIONS),
  prompt_template: z.string().nullable().describe('The id of a prompt; its text stays on the server.'),
  variables: z.record(z.string(), planValue).nullable(),
  data_from_step: z.int().nullable().describe('An earlier step whose result this one uses, counted from 0.'),
});

export type PlanStep = z.output<typeof planStep>;

export const executionPlan = namedObject('ExecutionPlan', {
  agent: z.enum(AGENT_NAMES),
  steps: z.array(planStep),
});

export type ExecutionPlan = z.output<typeof executionPlan>;
