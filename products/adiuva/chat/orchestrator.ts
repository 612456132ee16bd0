import type { Agent } from '../agents/agent.ts';
import { type AgentResult, assertSaid, countCall, runAgent, UNHEARD } from './agent-run.ts';
import { readModel, type Say } from './model-answer.ts';
import { type ExecutionPlan } from '../playbooks/plan.ts';
import { planFor } from '../playbooks/plan-for.ts';
import { type ChatParts, isModelFailure, type Question } from './question.ts';
import { routeQuestion } from './routing.ts';

/** Answers a question by one agent, or by several whose results a last call merges. Only the last text is said. */
export async function answerQuestion(parts: ChatParts, question: Question, say: Say): Promise<void> {
  const agents = await routeQuestion(parts, question);
  const [agent] = agents;
  if (agent === undefined) throw new Error('a question is routed to somebody');
  if (agents.length > 1) return answerByPipeline(parts, question, { agents, say });
  const task = { agent, message: question.message, previous: [], callers: [], say };
  const { text } = await runAgent(parts, question, task);
  assertSaid(text);
}

interface Pipeline {
  readonly agents: readonly Agent[];
  readonly say: Say;
}

/** Each agent sees what those before it found. One that fails keeps no other from its work: the last call is told. */
async function answerByPipeline(
  parts: ChatParts,
  question: Question,
  { agents, say }: Pipeline,
): Promise<void> {
  const results: (AgentResult | { readonly agent: string; readonly failed: true })[] = [];
  let failure: unknown;
  for (const agent of agents) {
    const previous = results.filter((result) => 'text' in result);
    const task = { agent, message: question.message, previous, callers: [], say: UNHEARD };
    try {
      const result = await runAgent(parts, question, task);
      assertSaid(result.text);
      results.push(result);
    } catch (error) {
      if (!isModelFailure(error)) throw error;
      failure = error;
      results.push({ agent: agent.name, failed: true });
    }
  }
  if (results.every((result) => !('text' in result))) throw failure;
  const { text } = await readModel(
    parts.ai.model(question.permit, 'chat'),
    { prompt: mergeMessages(parts, question, results), abortSignal: countCall(question) },
    say,
  );
  assertSaid(text);
}

function mergeMessages(
  { prompts }: ChatParts,
  { message }: Question,
  results: readonly object[],
): Parameters<typeof readModel>[1]['prompt'] {
  const { system = '', user } = prompts.get('merge').render({ message, results: JSON.stringify(results) });
  return [
    { role: 'system', content: system },
    { role: 'user', content: [{ type: 'text', text: user }] },
  ];
}

/** Answers a question by a plan, which the client runs step by step: made for the first agent that it is routed to. */
export async function planQuestion(parts: ChatParts, question: Question): Promise<ExecutionPlan> {
  const [agent] = await routeQuestion(parts, question);
  if (agent === undefined) throw new Error('a question is routed to somebody');
  const { permit, message, session, grants, traceparent } = question;
  const { context } = session;
  const signal = countCall(question);
  return planFor(parts.ai, permit, { agent: agent.name, message, context, grants, signal, traceparent });
}
