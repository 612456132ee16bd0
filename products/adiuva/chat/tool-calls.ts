import { z } from 'zod';
import type { AgentSession, AgentTool } from '../agents/agent.ts';
import type { ModelMessage, ModelTool, ToolCall } from './model-answer.ts';

/** Characters of a tool's result that a model is told: some 6,000 tokens. */
const LONGEST_RESULT = 24_000;
/** Problems of arguments that a model is told of at once. */
const MOST_ISSUES = 8;

/** How a call of a tool ended: `wrong` is the model's fault, `failed` the tool's. */
export interface ToolOutcome {
  readonly how: 'done' | 'wrong' | 'failed';
  /** What the model is told, as JSON. */
  readonly told: string;
}

/** Runs a call that a model has made. One of a tool that there is not, or with other arguments than it takes, is told so. */
export async function runToolCall(
  { name, input }: Pick<ToolCall, 'name' | 'input'>,
  tools: readonly AgentTool[],
  session: AgentSession,
): Promise<ToolOutcome> {
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined) return wrong({ error: 'unknown_tool', known: tools.map((one) => one.name) });
  const checked = tool.input.safeParse(argumentsIn(input));
  if (!checked.success) return wrong({ error: 'invalid_arguments', issues: issuesIn(checked.error) });
  try {
    return { how: 'done', told: toText(await tool.run(checked.data, session)) };
  } catch (error) {
    if (error instanceof FatalError) throw error.cause;
    return { how: 'failed', told: toText({ error: 'tool_failed' }) };
  }
}

/** Thrown by a tool, it ends the whole question with its cause. */
export class FatalError extends Error {}

const wrong = (why: object): ToolOutcome => ({ how: 'wrong', told: toText(why) });

/** A model writes them, so they may be anything; none at all are an empty object. */
export function argumentsIn(input: string): unknown {
  try {
    return input.trim() === '' ? {} : JSON.parse(input);
  } catch {
    return undefined;
  }
}

/** Where and what, without the values: the model knows what it wrote. */
function issuesIn(error: z.ZodError): readonly string[] {
  return error.issues.slice(0, MOST_ISSUES).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

function toText(result: unknown): string {
  const text = JSON.stringify(result ?? null);
  if (text.length <= LONGEST_RESULT) return text;
  const left = text.length - LONGEST_RESULT;
  return `${text.slice(0, LONGEST_RESULT)}… (${left} more characters are left out: ask for less)`;
}

const declared = new WeakMap<AgentTool, ModelTool>();

/** A tool as the model is told of it, made once. */
export function declareTool(tool: AgentTool): ModelTool {
  const known = declared.get(tool);
  if (known !== undefined) return known;
  const { $schema: _, ...inputSchema } = z.toJSONSchema(tool.input, { io: 'input' });
  const made: ModelTool = {
    type: 'function',
    name: tool.name,
    description: tool.description,
    inputSchema: inputSchema as Extract<ModelTool, { type: 'function' }>['inputSchema'],
  };
  declared.set(tool, made);
  return made;
}

/** The messages that a round of tools adds: what the model said, and what it is told. */
export function roundMessages(
  text: string,
  done: readonly { readonly call: ToolCall; readonly told: string }[],
): ModelMessage[] {
  const said = text === '' ? [] : [{ type: 'text' as const, text }];
  return [
    {
      role: 'assistant',
      content: [
        ...said,
        ...done.map(({ call }) => ({
          type: 'tool-call' as const,
          toolCallId: call.id,
          toolName: call.name,
          input: argumentsIn(call.input) ?? {},
        })),
      ],
    },
    {
      role: 'tool',
      content: done.map(({ call, told }) => ({
        type: 'tool-result' as const,
        toolCallId: call.id,
        toolName: call.name,
        output: { type: 'text' as const, value: told },
      })),
    },
  ];
}
