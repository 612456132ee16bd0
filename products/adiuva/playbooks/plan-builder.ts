import type { AgentName } from '../agents/agent.ts';
import { AGENT_NAMES } from '../agents/agent.ts';
import {
  type ExecutionPlan,
  PLAN_ACTIONS,
  PLAN_TABLES,
  type PlanActionName,
  type PlanStep,
  RUN_PROMPT,
} from './plan.ts';
import { type PromptTemplate, templateNamed } from './templates.ts';

type Variables = NonNullable<PlanStep['variables']>;

/** Steps of a plan at most. */
const MOST_STEPS = 20;

export interface PlanBuilder {
  /** Something that the client does by itself. */
  addStep(action: PlanActionName, variables: Variables): PlanBuilder;
  /** A call of a model: `POST /v1/plans/steps/run`. */
  addPromptStep(template: string, variables: Variables, dataFromStep?: number): PlanBuilder;
  /** Something that the client does with the result of an earlier step. */
  addDataStep(action: PlanActionName, dataFromStep: number, variables: Variables): PlanBuilder;
  /** Throws when a step refers to something that is not there. */
  build(): ExecutionPlan;
}

/** Puts a plan together step by step; steps count from 0. */
export function planBuilder(agent: AgentName): PlanBuilder {
  const steps: PlanStep[] = [];
  const add = (step: PlanStep): PlanBuilder => {
    steps.push(step);
    return builder;
  };
  const builder: PlanBuilder = {
    addStep: (action, variables) => add({ action, prompt_template: null, variables, data_from_step: null }),
    addPromptStep: (template, variables, dataFromStep) =>
      add({
        action: RUN_PROMPT,
        prompt_template: template,
        variables,
        data_from_step: dataFromStep ?? null,
      }),
    addDataStep: (action, dataFromStep, variables) =>
      add({ action, prompt_template: null, variables, data_from_step: dataFromStep }),
    build() {
      const plan = { agent, steps: [...steps] };
      const [problem] = planProblems(plan);
      if (problem !== undefined) throw new Error(`a plan of ${agent}: ${problem}`);
      return plan;
    },
  };
  return builder;
}

/** Faults of a plan, of each step that has one; none: a client can run it from its first step to its last. */
export function planProblems({ steps }: Pick<ExecutionPlan, 'steps'>): string[] {
  if (steps.length === 0 || steps.length > MOST_STEPS) return [`it has ${steps.length} steps`];
  return steps.flatMap((step, index) => {
    const problem =
      referenceProblem(steps, index) ??
      (step.action === RUN_PROMPT ? promptProblem : actionProblem)(step, steps);
    return problem === undefined ? [] : [`step ${index} ${problem}`];
  });
}

/** A step may use what a step before it answers, and only prompts answer anything. */
function referenceProblem(steps: readonly PlanStep[], index: number): string | undefined {
  const from = steps[index]?.data_from_step ?? null;
  if (from === null) return undefined;
  if (!Number.isInteger(from) || from < 0 || from >= steps.length)
    return `uses the step ${from}, which is missing`;
  if (from === index) return 'uses itself';
  if (from > index) return `uses the step ${from}, which comes later`;
  return steps[from]?.action === RUN_PROMPT ? undefined : `uses the step ${from}, which answers nothing`;
}

function usesText({ variables }: PlanStep): boolean {
  return Object.values(variables ?? {}).some((value) => typeof value === 'object' && value.from === 'step');
}

function promptProblem(step: PlanStep): string | undefined {
  const template = templateNamed(step.prompt_template ?? '');
  if (template === undefined) return `has an unknown template`;
  const wrong = variableProblems(template, step.variables ?? {});
  if (wrong !== undefined)
    return `has other variables than ${template.id}: ${[...wrong.missing, ...wrong.unknown].join(', ')}`;
  if (usesText(step) !== (step.data_from_step !== null)) return 'and data_from_step do not agree';
  return undefined;
}

function actionProblem(step: PlanStep, steps: readonly PlanStep[]): string | undefined {
  const { action, prompt_template, variables, data_from_step } = step;
  if (!PLAN_ACTIONS.includes(action)) return `has an unknown action`;
  if (prompt_template !== null) return 'has a template, and runs no prompt';
  if (usesText(step) && data_from_step === null) return 'uses the text of no step';
  if (action === 'call_agent' && !AGENT_NAMES.some((name) => name === variables?.['agent']))
    return 'calls no agent';
  if (!action.endsWith('_record')) return undefined;
  const table = PLAN_TABLES.find((name) => name === variables?.['table']);
  if (table === undefined) return 'has no table';
  if (action !== 'create_record' && variables?.['id'] === undefined) return 'has no id';
  if (data_from_step === null || usesText(step)) return undefined;
  const creates = templateNamed(steps[data_from_step]?.prompt_template ?? '')?.creates;
  return creates?.table === table ? undefined : `uses records of ${creates?.table ?? 'no table'} as ${table}`;
}

/** Variables that a template lacks, or does not know; undefined: they are as it declares them. */
export function variableProblems(
  { variables }: PromptTemplate,
  given: Readonly<Record<string, unknown>>,
): { missing: string[]; unknown: string[] } | undefined {
  const missing = Object.keys(variables).filter((name) => !Object.hasOwn(given, name));
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(variables, name));
  return missing.length + unknown.length === 0 ? undefined : { missing, unknown };
}
