import { type Ai, AppError, type Permit, type Prompts } from 'plinth/product';
import type { Agent, AgentSession } from '../agents/agent.ts';
import type { PlanGrants } from '../playbooks/templates.ts';

/** One question on its way: all of its model calls go out under one permit, one after the other. */
export interface Question {
  readonly permit: Permit;
  readonly message: string;
  /** What the account's plan grants. */
  readonly grants: PlanGrants;
  /** The agents that the account's plan lets it be routed to. */
  readonly agents: readonly Agent[];
  readonly session: AgentSession;
  /** Ends when the client hangs up, or this server stops. */
  readonly signal: AbortSignal;
  readonly traceparent: string | undefined;
  /** Model calls that may still be made for it. */
  readonly calls: { left: number };
}

/** What agents and the router are made from. */
export interface ChatParts {
  readonly ai: Ai;
  readonly prompts: Prompts;
}

/** Model calls of one question, all agents together: routing, three agents of five rounds, and one that merges, with some of agents that call agents. */
export const MOST_CALLS = 24;

/** The ends of a model call after which a question can go on with another one. */
const FAILURES: ReadonlySet<string> = new Set([
  'provider_unavailable',
  'provider_timeout',
  'provider_rejected',
  'provider_unprocessable',
  'provider_rate_limited',
  'answer_unusable',
  'answer_too_large',
  'context_too_large',
  'context_length_exceeded',
]);

/** Whether a model call came to nothing, and the caller is there, no server stops and there is money left. */
export function isModelFailure(error: unknown): error is AppError {
  return error instanceof AppError && FAILURES.has(error.code);
}
