import {
  type AccountId,
  AppError,
  commitPoint,
  declareErrors,
  keepAnswer,
  type Origin,
  type Permit,
  type ProductContext,
} from 'plinth/product';
import { z } from 'zod';
import { createAgentSession } from '../agents/agent.ts';
import type { Fields } from '../agents/fields.ts';
import { toolNamed } from '../agents/registry.ts';
import { chatContext } from '../request.ts';
import { variableProblems } from './plan-builder.ts';
import { type PromptTemplate, templateNamed } from './templates.ts';

const RUN = commitPoint('adiuva.step', 'settlement and sealed answer of a step with an Idempotency-Key');

declareErrors({
  plan_template_unknown: { status: 404, message: 'There is no prompt template of this id.' },
  plan_variables_invalid: {
    status: 422,
    message:
      'The variables are not those of the template: `details` names what is missing, unknown or too long.',
  },
});

/** One step of a plan that calls a model. */
export interface StepRequest {
  readonly prompt_template: string;
  readonly variables: Readonly<Record<string, string | number>>;
}

export interface StepResult {
  readonly prompt_template: string;
  readonly text: string;
  readonly records: readonly Fields[];
}

export interface StepCall {
  readonly permit: Permit;
  readonly body: StepRequest;
  readonly origin: Origin;
}

/** Runs steps of plans, one call of a model each. Nothing is kept, but a sealed answer for a repeat of its key. */
export function createSteps({ ai, db, clock, ids, plan }: ProductContext) {
  /** Throws when there is no such template, the account's plan lacks it, or the variables are not its own. */
  async function check(accountId: AccountId, body: StepRequest): Promise<void> {
    const template = templateOf(body);
    if (template.needs !== undefined) await plan.assertGrants(accountId, template.needs);
    assertVariables(template, body.variables);
  }

  async function run(call: StepCall): Promise<StepResult> {
    const template = templateOf(call.body);
    const records = template.creates === undefined ? [] : await writeRecords(call, template.creates);
    const text = template.creates === undefined ? await writeText(call) : JSON.stringify(records);
    const result = { prompt_template: template.id, text, records };
    return keepAnswer({ db }, { permit: call.permit, point: RUN }, result);
  }

  async function writeText(call: StepCall): Promise<string> {
    const { text } = await ai.streamText(call.permit, requestOf(call));
    if (text.trim() === '') throw new AppError('answer_unusable');
    return text;
  }

  /** The model fills the inputs of an agent's tool, and the tool makes records of them, as in a chat. */
  async function writeRecords(
    call: StepCall,
    { tool, most }: NonNullable<PromptTemplate['creates']>,
  ): Promise<Fields[]> {
    const { input, run: create } = toolNamed(tool);
    const schema = z.strictObject({ records: z.array(input).min(1) });
    const { object } = await ai.generate(call.permit, { ...requestOf(call), schema });
    const session = createAgentSession({
      context: chatContext.parse({}),
      now: clock.now(),
      newId: () => ids.next(),
    });
    for (const record of object.records.slice(0, most)) create(record, session);
    return session.actions.flatMap(({ data }) => (data === null ? [] : [data]));
  }

  function requestOf({ permit, body, origin }: StepCall) {
    const { prompt_template: id, variables } = body;
    return {
      feature: permit.feature,
      prompt: { id, variables: { ...variables, now: new Date(clock.now()).toISOString() } },
      signal: origin.signal,
      traceparent: origin.traceparent,
    };
  }

  return { check, run };
}

function templateOf({ prompt_template }: StepRequest): PromptTemplate {
  const template = templateNamed(prompt_template);
  if (template === undefined) throw new AppError('plan_template_unknown');
  return template;
}

function assertVariables(template: PromptTemplate, given: StepRequest['variables']): void {
  const { missing = [], unknown = [] } = variableProblems(template, given) ?? {};
  const tooLong = Object.entries(template.variables)
    .filter(([name, most]) => String(given[name] ?? '').length > most)
    .map(([name]) => name);
  if (missing.length + unknown.length + tooLong.length === 0) return;
  throw new AppError('plan_variables_invalid', {
    details: {
      missing,
      unknown: unknown.slice(0, MOST_TOLD),
      too_long: tooLong,
      allowed: template.variables,
    },
  });
}

/** Unknown names that an error repeats. */
const MOST_TOLD = 10;
