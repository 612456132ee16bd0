import { type Client, createClient } from '../../sdk/src/index.ts';
import { Customer } from './customer.ts';
import { type Stage, showCall } from './stage.ts';
import { keepsAVault, type VaultDemo } from './vault.ts';

const ADA = { email: 'ada.assisted@example.com', password: 'Analytical-Engine-1843' };
const TASKS = [
  { id: 'task-1', title: 'Send the offer to Acme', status: 'todo', priority: 'high', due_date: Date.now() },
  { id: 'task-2', title: 'Book the booth', status: 'in_progress', priority: 'medium' },
];
const EMAIL = 'Hi Ada, please send us the signed offer by Friday, and call Bob about the booth. Acme';

/** What a test looks at. */
export interface AssistantDemo {
  /** The frames of text of the chat, and the whole text of its answer. */
  readonly frames: readonly string[];
  readonly response: string;
  /** Actions for her program, after she asked for a change. */
  readonly actions: unknown;
  /** The actions of the plan that was run, in their order. */
  readonly steps: readonly string[];
  readonly vault: VaultDemo;
}

type Narrator = Pick<Stage, 'url' | 'ownerKey' | 'say'>;
type Values = Readonly<Record<string, string | number | { readonly from: string }>>;

/** A user's desktop assistant: a question by socket, a plan that is run step by step, notes on two devices, a backup. */
export async function anAssistant(stage: Narrator): Promise<AssistantDemo> {
  const by = await arrives(stage);
  const chat = await asksBySocket(stage, by);
  const actions = await asksForAChange(stage, by);
  const steps = await runsAPlan(stage, by);
  return { ...chat, actions, steps, vault: await keepsAVault(stage, by.token) };
}

interface Ada {
  readonly program: Client;
  readonly caller: Customer;
  readonly token: string;
}

async function arrives(stage: Narrator): Promise<Ada> {
  stage.say(
    '\nAda signs up. Her data stays on her machine: what a question is about goes with it, and is dropped after it.',
  );
  const at = { stage, by: new Customer(stage.url) };
  await showCall(at, 'POST /v1/auth/register', { body: ADA, expect: 201 });
  const { body } = await showCall(at, 'POST /v1/auth/login', { body: ADA, expect: 200 });
  const token = String(body['access_token']);
  const owner = { stage, by: new Customer(stage.url, stage.ownerKey) };
  const grant = { email: ADA.email, product: 'adiuva', plan: 'adiuva.pro' };
  await showCall(owner, 'POST /v1/admin/grants', { body: grant, expect: 201 });
  return {
    program: createClient({ baseUrl: stage.url, apiKey: token }),
    caller: new Customer(stage.url, token),
    token,
  };
}

async function asksBySocket(
  { say }: Narrator,
  { program }: Ada,
): Promise<Pick<AssistantDemo, 'frames' | 'response'>> {
  const body = { message: 'Which of my tasks are due today?', context: { recent_tasks: TASKS } };
  say('\nShe asks by a socket, and reads the answer as it is written.');
  say(`  WS /v1/chat/stream  → ${JSON.stringify(body)}`);
  const stream = program.adiuva.chatStream(body);
  const frames: string[] = [];
  for await (const text of stream) {
    say(`  ← ${text}`);
    frames.push(text);
  }
  const answer = await stream.answer;
  if (!('response' in answer)) throw new Error('a question is not answered by a plan');
  say(`  ← ${JSON.stringify({ done: true, ...answer })}`);
  return { frames, response: answer.response };
}

async function asksForAChange(stage: Narrator, { caller }: Ada): Promise<unknown> {
  stage.say('\nShe asks for a change. The answer says what her program is to do, by the ids that it sent.');
  const body = { message: 'Mark the task "Book the booth" as done', context: { recent_tasks: TASKS } };
  const reply = await showCall({ stage, by: caller }, 'POST /v1/chat', { body, expect: 200 });
  return reply.body['actions'];
}

async function runsAPlan(stage: Narrator, { caller }: Ada): Promise<string[]> {
  stage.say('\nA plan is ready to run: its prompts are ids, and their texts stay on the server.');
  const at = { stage, by: caller };
  const { body: plan } = await showCall(at, 'GET /v1/plans/playbook/task_from_email', { expect: 200 });
  const steps = plan['steps'] as readonly {
    action: string;
    prompt_template: string | null;
    variables: Values | null;
  }[];
  let records: unknown[] = [];
  for (const { action, prompt_template, variables } of steps) {
    if (prompt_template === null) {
      stage.say(`  her program does ${action} by itself: ${JSON.stringify(records)}`);
      continue;
    }
    const filled = Object.entries(variables ?? {}).map(([name, value]) => [
      name,
      typeof value === 'object' ? EMAIL : value,
    ]);
    const step = { prompt_template, variables: Object.fromEntries(filled) };
    const { body } = await showCall(at, 'POST /v1/plans/steps/run', { body: step, expect: 200 });
    records = body['records'] as unknown[];
  }
  return steps.map(({ action }) => action);
}
