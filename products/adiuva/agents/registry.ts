import { UNLIMITED } from 'plinth/product';
import type { Agent, AgentName, AgentTool } from './agent.ts';
import { checkpointAgent } from './checkpoint-agent.ts';
import { noteAgent } from './note-agent.ts';
import { projectAgent } from './project-agent.ts';
import { taskAgent } from './task-agent.ts';

/** All agents. Of a plan that grants fewer the first count. A new one also needs its name in AGENT_NAMES, and `prompts/<name>.v1.md`. */
export const AGENTS: readonly Agent[] = [taskAgent, projectAgent, noteAgent, checkpointAgent];

/** The agents that a plan's grant `agents` lets a question be routed to. */
export function agentsOf(grant: number): readonly Agent[] {
  return grant === UNLIMITED ? AGENTS : AGENTS.slice(0, grant);
}

export function agentNamed(name: AgentName): Agent {
  const agent = AGENTS.find((one) => one.name === name);
  if (agent === undefined) throw new Error(`there is no agent ${name}`);
  return agent;
}

export function toolNamed(name: string): AgentTool {
  const tool = AGENTS.flatMap(({ tools }) => tools).find((one) => one.name === name);
  if (tool === undefined) throw new Error(`there is no tool ${name}`);
  return tool;
}

/** What the router is told of agents. */
export function listForRouter(agents: readonly Agent[] = AGENTS): { name: AgentName; description: string }[] {
  return agents.map(({ name, description }) => ({ name, description }));
}
