import { type PolicyInput, toolTexts } from 'plinth/product';
import { z } from 'zod';
import { AGENTS } from './agents/registry.ts';
import { CALL_AGENT } from './chat/agent-run.ts';

/** Secrets that no answer and no action repeats, for every policy whose replies leave: the prompts, what describes tools, and what the router knows of agents. */
export const secrets = {
  secretPrompts: 'all',
  secretTexts: [
    {
      id: 'tools',
      parts: toolTexts([
        ...AGENTS.flatMap(({ tools }) => tools),
        { ...CALL_AGENT, input: z.strictObject({}) },
      ]),
    },
    { id: 'agents', parts: [AGENTS.map(({ name, description }) => `${name}: ${description}`).join('\n')] },
  ],
} satisfies Partial<PolicyInput>;
