import { z } from 'zod';
import type { Agent, AgentName } from '../agents/agent.ts';
import { listForRouter } from '../agents/registry.ts';
import { routeByRules } from '../agents/routing-rules.ts';
import { countCall } from './agent-run.ts';
import { type ChatParts, isModelFailure, type Question } from './question.ts';

/** Agents that one question is sent through, one after the other. */
const LONGEST_PIPELINE = 3;
/** Characters of a message that the router is shown: who it is for stands in its beginning or its end. */
const SHOWN = 4_000;
/** Takes a message that fits no other agent. */
const FALLBACK: AgentName = 'task_agent';

/**
 * Which agents a question goes to. Rules decide where it names them plainly; otherwise a small model does, in a few tokens and
 * seconds. If its answer is invalid, late or names none that the plan has, the task agent takes the question.
 */
export async function routeQuestion(parts: ChatParts, question: Question): Promise<readonly Agent[]> {
  const { agents } = question;
  const names = await nameAgents(parts, question);
  const named = [...new Set(names)].flatMap((name) => agents.find((agent) => agent.name === name) ?? []);
  return named.length > 0 ? named.slice(0, LONGEST_PIPELINE) : agents.filter(({ name }) => name === FALLBACK);
}

async function nameAgents(parts: ChatParts, question: Question): Promise<readonly AgentName[]> {
  const { message, agents } = question;
  const allowed = agents.map(({ name }) => name);
  const ruled = routeByRules(message, allowed)?.agents;
  if (ruled !== undefined) return ruled;
  try {
    const { object } = await parts.ai.generate(question.permit, {
      feature: 'routing',
      prompt: {
        id: 'router',
        variables: {
          agents: JSON.stringify(listForRouter(agents)),
          message: shorten(message),
        },
      },
      schema: z.strictObject({ agents: z.array(z.enum(allowed)) }),
      signal: countCall(question),
      traceparent: question.traceparent,
      whenCut: 'refuse',
    });
    return object.agents;
  } catch (error) {
    if (!isModelFailure(error)) throw error;
    return [];
  }
}

function shorten(message: string): string {
  if (message.length <= SHOWN) return message;
  return `${message.slice(0, SHOWN / 2)} … ${message.slice(-SHOWN / 2)}`;
}
