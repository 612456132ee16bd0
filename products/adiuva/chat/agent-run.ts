import { AppError } from 'plinth/product';
import { z } from 'zod';
import { type Agent, type AgentName, type AgentTool, agentTool } from '../agents/agent.ts';
import { describeContext } from './material.ts';
import { type ModelMessage, readModel, type Say } from './model-answer.ts';
import { type ChatParts, isModelFailure, type Question } from './question.ts';
import { declareTool, FatalError, roundMessages, runToolCall } from './tool-calls.ts';

/** Model calls of one agent; in the last one it has no tools, so that it must answer. */
const MOST_ROUNDS = 5;
/** Wrong calls of tools after which an agent has none any more. */
const MOST_WRONG = 4;
/** Calls of tools in one round; the model is told that the others were not made. */
const MOST_TOOL_CALLS = 12;
/** How often agents may call each other, one from the other. */
const DEEPEST = 2;
/** Model calls that are kept for the end of a question, when agents call agents. */
const KEPT_CALLS = 2;

/** What one agent is asked. */
export interface AgentTask {
  readonly agent: Agent;
  readonly message: string;
  /** What agents before it found, in a pipeline. */
  readonly previous: readonly AgentResult[];
  /** The agents that called it, one from the other. */
  readonly callers: readonly AgentName[];
  readonly say: Say;
}

export interface AgentResult {
  readonly agent: AgentName;
  readonly text: string;
  /** Tools that failed. */
  readonly failed_tools: readonly string[];
}

export const UNHEARD: Say = () => Promise.resolve();

/**
 * Has an agent work on a message: round by round it calls tools, and then it answers. What it says before a call of a tool is part of
 * the answer, because it may have been heard by then.
 */
export async function runAgent(parts: ChatParts, question: Question, task: AgentTask): Promise<AgentResult> {
  const { agent } = task;
  const model = parts.ai.model(question.permit, 'chat');
  const tools = [...agent.tools, ...callAgentTool(parts, question, task)];
  const messages = firstMessages(parts, question, task);
  const failed = new Set<string>();
  let text = '';
  let wrong = 0;
  const say: Say = async (piece) => {
    await task.say(piece);
    text += piece;
  };
  for (let round = 1; ; round += 1) {
    const mayCall = round < MOST_ROUNDS && wrong < MOST_WRONG && question.calls.left > KEPT_CALLS;
    const begun = text;
    const answer = await readModel(
      model,
      {
        prompt: messages,
        tools: tools.map(declareTool),
        toolChoice: { type: mayCall ? 'auto' : 'none' },
        abortSignal: countCall(question),
      },
      (piece) => say(text === begun && begun.trim() !== '' ? `\n\n${piece}` : piece),
    );
    if (!mayCall || answer.isCut || answer.calls.length === 0) break;
    const done = [];
    for (const [at, call] of answer.calls.entries()) {
      const outcome = at < MOST_TOOL_CALLS ? await runToolCall(call, tools, question.session) : TOO_MANY;
      if (outcome.how === 'wrong') wrong += 1;
      if (outcome.how === 'failed') failed.add(call.name);
      done.push({ call, told: outcome.told });
    }
    messages.push(...roundMessages(answer.text, done));
  }
  return { agent: agent.name, text: text.trim(), failed_tools: [...failed] };
}

const TOO_MANY = { how: 'wrong', told: '{"error":"too_many_calls_at_once"}' } as const;

/** Counts a model call of a question that goes on, and answers the signal that ends it. */
export function countCall({ signal, calls }: Question): AbortSignal {
  signal.throwIfAborted();
  calls.left -= 1;
  return signal;
}

function firstMessages(
  { prompts }: ChatParts,
  { session }: Question,
  { agent, message, previous }: AgentTask,
): ModelMessage[] {
  const prompt = prompts.get(agent.prompt);
  const { system = '', user } = prompt.render({
    message,
    context: describeContext(session.context),
    previous_results: previous.length === 0 ? 'none' : JSON.stringify(previous),
    now: new Date(session.now).toISOString(),
  });
  return [
    { role: 'system', content: system },
    { role: 'user', content: [{ type: 'text', text: user }] },
  ];
}

export const CALL_AGENT = {
  name: 'call_agent',
  description: "Asks another agent for what your own tools can't do, and answers what it says.",
};

/**
 * `call_agent`: another agent is asked, and what it answers is the tool's result; its actions come with all others. Never one that is
 * waiting for this one. Where it is too deep, or too few model calls are left, it becomes an action: the client may ask that agent.
 */
function callAgentTool(parts: ChatParts, question: Question, task: AgentTask): AgentTool[] {
  const callers = [...task.callers, task.agent.name];
  const others = question.agents.filter(({ name }) => !callers.includes(name));
  if (others.length === 0) return [];
  const list = others.map(({ name, description }) => `${name}: ${description}`).join('\n');
  const tool = agentTool({
    name: CALL_AGENT.name,
    description: `${CALL_AGENT.description}\n${list}`,
    input: z.strictObject({
      agent: z.enum(others.map(({ name }) => name)),
      message: z.string().trim().min(1).max(4_000),
    }),
    async run({ agent: name, message }) {
      const agent = others.find((one) => one.name === name);
      if (agent === undefined) throw new Error('the schema lets no other name through');
      if (callers.length > DEEPEST || question.calls.left <= KEPT_CALLS + 1) {
        question.session.act({ type: 'call_agent', table: null, data: { message }, agent: name });
        return { left_to_the_client: true };
      }
      try {
        return await runAgent(parts, question, { agent, message, previous: [], callers, say: UNHEARD });
      } catch (error) {
        if (isModelFailure(error)) throw error;
        throw new FatalError('the question ends', { cause: error });
      }
    },
  });
  return [tool];
}

/** Throws where an agent has said nothing. */
export function assertSaid(text: string): void {
  if (text.trim() === '') throw new AppError('answer_unusable');
}
