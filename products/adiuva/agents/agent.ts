import { z } from 'zod';
import type { ChatContext, PlanAction } from '../request.ts';

export const AGENT_NAMES = ['task_agent', 'project_agent', 'note_agent', 'checkpoint_agent'] as const;

export type AgentName = (typeof AGENT_NAMES)[number];

/** What a client can be told to do. */
export const ACTION_TYPES = [
  'create_record',
  'update_record',
  'delete_record',
  'index_document',
  'send_notification',
  'call_agent',
] as const;

/** What tools of one question work on: what the client sent, and the actions that it is to do. All agents of a question share one. */
export interface AgentSession {
  readonly context: ChatContext;
  /** Milliseconds since 1970, when the question came. */
  readonly now: number;
  /** The actions so far. Tools read the request as these leave it, so that an agent finds what the one before it created. */
  readonly actions: readonly PlanAction[];
  /** Ids of the records whose whole text a tool has answered. */
  readonly read: Set<string>;
  /** An id for a new record: the client may keep it as its own. */
  newId(): string;
  /** Adds an action. */
  act(action: PlanAction): void;
}

export function createAgentSession(parts: Pick<AgentSession, 'context' | 'now' | 'newId'>): AgentSession {
  const actions: PlanAction[] = [];
  return { ...parts, actions, read: new Set(), act: (action) => actions.push(action) };
}

/** A function that a model may call. It changes nothing here: it reads the request, or adds an action. */
export interface AgentTool<Input extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly description: string;
  readonly input: Input;
  /** What the model is told, as JSON. What the client did not send is said to be not in this request. */
  run(input: z.output<Input>, session: AgentSession): unknown;
}

/** One agent is one file. */
export interface Agent {
  readonly name: AgentName;
  /** A sentence, for the router. */
  readonly description: string;
  readonly skills: readonly string[];
  /** The id of its prompt, which is secret. */
  readonly prompt: string;
  readonly tools: readonly AgentTool[];
}

/** Types of a tool's input and of what runs on it agree. */
export const agentTool = <Input extends z.ZodType>(tool: AgentTool<Input>): AgentTool => tool;

/** A tool without input. */
export const NO_INPUT = z.strictObject({});
