import { type Ai, AppError, type Permit } from 'plinth/product';
import { z } from 'zod';
import type { AgentName } from '../agents/agent.ts';
import { textOf } from '../agents/records.ts';
import type { ChatContext } from '../request.ts';
import { type ExecutionPlan, PLAN_ACTIONS, PLAN_TABLES, type PlanStep } from './plan.ts';
import { planBuilder, planProblems } from './plan-builder.ts';
import { nearestPlaybook } from './playbooks.ts';
import { type PlanGrants, type PromptTemplate, templatesOf } from './templates.ts';

/** A question that is answered by a plan. */
export interface PlanRequest {
  readonly agent: AgentName;
  readonly message: string;
  readonly context: ChatContext;
  /** Grants of the account's plan: they say which templates there are. */
  readonly grants: PlanGrants;
  readonly signal: AbortSignal;
  readonly traceparent?: string | undefined;
}

/** Ends of a model call after which the playbook is the answer. */
const FAILURES = new Set(['answer_unusable', 'answer_too_large', 'provider_timeout', 'provider_unavailable']);

/**
 * Has a model make a plan of the templates that the account's plan has. A plan with a wrong reference or variable, or none at all, is
 * replaced by the agent's nearest playbook or by one step, so that what is answered can always be run.
 */
export async function planFor(
  ai: Pick<Ai, 'generate'>,
  permit: Permit,
  request: PlanRequest,
): Promise<ExecutionPlan> {
  const { agent, message, context, grants, signal, traceparent } = request;
  const templates = templatesOf(grants);
  try {
    const { object } = await ai.generate(permit, {
      feature: 'planning',
      prompt: {
        id: 'planner',
        variables: {
          agent,
          templates: templates.map(describeTemplate).join('\n'),
          records: describeRecords(context),
          message,
        },
      },
      schema: plannedSteps(templates),
      signal,
      traceparent,
    });
    const steps = object.steps.map(toStep);
    if (planProblems({ steps }).length === 0) return { agent, steps };
  } catch (error) {
    if (!(error instanceof AppError) || !FAILURES.has(error.code)) throw error;
    signal.throwIfAborted();
  }
  return nearestPlaybook(agent, grants) ?? oneStep(agent, message);
}

function oneStep(agent: AgentName, message: string): ExecutionPlan {
  const request = message.slice(0, 8_000);
  return planBuilder(agent)
    .addPromptStep('answer_request', { request, material: { from: 'user', label: 'What it is about' } })
    .build();
}

/** A plan as providers enforce it: a dictionary of a step is a list here. */
function plannedSteps(templates: readonly PromptTemplate[]) {
  return z.strictObject({
    steps: z.array(
      z.strictObject({
        action: z.enum(PLAN_ACTIONS),
        prompt_template: z.enum(templates.map(({ id }) => id)).nullable(),
        variables: z.array(
          z.strictObject({
            name: z.string(),
            from: z.enum(['text', 'user', 'records', 'step']),
            value: z.string(),
          }),
        ),
        data_from_step: z.int().nullable(),
      }),
    ),
  });
}

type PlannedStep = z.output<ReturnType<typeof plannedSteps>>['steps'][number];

function toStep({ variables, ...step }: PlannedStep): PlanStep {
  return { ...step, variables: Object.fromEntries(variables.map((one) => [one.name, toValue(one)])) };
}

function toValue({
  from,
  value,
}: PlannedStep['variables'][number]): NonNullable<PlanStep['variables']>[string] {
  if (from === 'user') return { from, label: value };
  if (from === 'step') return { from };
  if (from === 'text') return value;
  const table = PLAN_TABLES.find((name) => name === value);
  return table === undefined ? { from: 'user', label: value } : { from, table };
}

function describeTemplate({ id, about, variables, creates }: PromptTemplate): string {
  const answers = creates === undefined ? 'a text' : `records of ${creates.table}`;
  return `${id}(${Object.keys(variables).join(', ')}): ${about}; answers ${answers}`;
}

/** Ids and titles of some of the records that were sent, so that a step can name one. */
function describeRecords({ recent_tasks, projects, notes, checkpoints }: ChatContext): string {
  const lists = Object.entries({ tasks: recent_tasks, projects, notes, checkpoints });
  const named = lists.map(([table, rows]) => [
    table,
    rows
      ?.slice(0, MOST_NAMED)
      .map((row) => [row['id'], (textOf(row, 'title') || textOf(row, 'name')).slice(0, 80)]) ??
      'not in this request',
  ]);
  return JSON.stringify(Object.fromEntries(named)).slice(0, 12_000);
}

const MOST_NAMED = 20;
