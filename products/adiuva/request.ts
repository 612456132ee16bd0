import { namedObject } from 'plinth/product';
import { z } from 'zod';
import { ACTION_TYPES } from './agents/agent.ts';

/** A row of the client's own database, as the client has it. */
const row = z.record(z.string(), z.unknown());
const rows = z.array(row).max(2_000);

/**
 * Data that the client sends: dropped after the call. A list that is not there was not sent: the model is told so, and never that there
 * is none.
 */
export const chatContext = namedObject('ChatContext', {
  user_profile: row.default({}),
  relevant_documents: z.array(z.string()).max(200).default([]),
  recent_tasks: rows.optional(),
  conversation_history: z.array(row).max(500).default([]),
  projects: rows.optional(),
  notes: rows.optional(),
  checkpoints: rows.optional(),
  comments: rows.optional(),
});

export type ChatContext = z.output<typeof chatContext>;

export const chatRequest = namedObject('ChatRequest', {
  message: z.string().trim().min(1).max(32_000),
  context: chatContext.prefault({}),
  execution_mode: z.enum(['direct', 'plan']).default('direct'),
});

export type ChatRequest = z.output<typeof chatRequest>;

/** An act for the client: nothing of it is done here. */
export const planAction = namedObject('PlanAction', {
  type: z.enum(ACTION_TYPES),
  table: z.string().nullable(),
  data: row.nullable(),
  agent: z.string().nullable(),
});

export type PlanAction = z.output<typeof planAction>;

export const chatResponse = namedObject('ChatResponse', {
  response: z.string(),
  actions: z.array(planAction),
});

export type ChatResponse = z.output<typeof chatResponse>;
