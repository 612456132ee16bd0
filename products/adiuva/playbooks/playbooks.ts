import type { AgentName } from '../agents/agent.ts';
import type { ExecutionPlan, PlanSource } from './plan.ts';
import { planBuilder } from './plan-builder.ts';
import { isGranted, type NeededGrant, type PlanGrants, tierOf } from './templates.ts';

/** A plan that is ready: static, the same for everybody whose plan has it. */
export interface Playbook extends ExecutionPlan {
  readonly id: string;
  readonly title: string;
  /** The least plan that has it. */
  readonly tier: string;
}

type PlaybookInput = Pick<Playbook, 'id' | 'title'> & {
  readonly needs?: NeededGrant;
  readonly plan: ExecutionPlan;
};

const askUser = (label: string): PlanSource => ({ from: 'user', label });
const FROM_STEP: PlanSource = { from: 'step' };
const TASKS: PlanSource = { from: 'records', table: 'tasks' };
const PROJECTS: PlanSource = { from: 'records', table: 'projects' };

const PLAYBOOKS: readonly PlaybookInput[] = [
  {
    id: 'task_from_email',
    title: 'Create task from email',
    plan: planBuilder('task_agent')
      .addPromptStep('task_from_text', { text: askUser('The email') })
      .addDataStep('create_record', 0, { table: 'tasks' })
      .build(),
  },
  {
    id: 'plan_my_day',
    title: 'Plan my day',
    plan: planBuilder('task_agent')
      .addPromptStep('day_plan', { tasks: TASKS, wishes: askUser('What matters today') })
      .addDataStep('send_notification', 0, { text: FROM_STEP })
      .build(),
  },
  {
    id: 'tidy_note',
    title: 'Make a tidy note of a text',
    plan: planBuilder('note_agent')
      .addPromptStep('note_from_text', { text: askUser('The text') })
      .addDataStep('create_record', 0, { table: 'notes' })
      .build(),
  },
  {
    id: 'weekly_report',
    title: 'Weekly report',
    needs: 'playbooks',
    plan: planBuilder('project_agent')
      .addPromptStep('weekly_report', { tasks: TASKS, projects: PROJECTS })
      .addDataStep('create_record', 0, { table: 'notes' })
      .build(),
  },
  {
    id: 'tasks_from_minutes',
    title: 'Create tasks from the minutes of a meeting',
    needs: 'playbooks',
    plan: planBuilder('task_agent')
      .addPromptStep('tasks_from_minutes', { minutes: askUser('The minutes') })
      .addDataStep('create_record', 0, { table: 'tasks' })
      .addPromptStep('note_from_text', { text: askUser('The minutes') })
      .addDataStep('create_record', 2, { table: 'notes' })
      .build(),
  },
  {
    id: 'project_checkpoints',
    title: 'Outline a project and set its checkpoints',
    needs: 'playbooks',
    plan: planBuilder('checkpoint_agent')
      .addPromptStep('project_outline', { description: askUser('What the project is about') })
      .addPromptStep(
        'checkpoints_from_outline',
        {
          outline: FROM_STEP,
          project_id: askUser('The id of the project'),
          start: askUser('When it starts and ends'),
        },
        0,
      )
      .addDataStep('create_record', 1, { table: 'checkpoints' })
      .build(),
  },
  {
    id: 'client_update',
    title: 'Write a client an update',
    needs: 'playbooks',
    plan: planBuilder('project_agent')
      .addPromptStep('weekly_report', { tasks: TASKS, projects: PROJECTS })
      .addPromptStep(
        'client_update',
        { report: FROM_STEP, wishes: askUser('Who reads it, and what to say') },
        0,
      )
      .addDataStep('create_record', 1, { table: 'notes', title: 'Update for a client', content: FROM_STEP })
      .build(),
  },
];

const toPlaybook = ({ plan, needs, ...playbook }: PlaybookInput): Playbook => ({
  ...playbook,
  tier: tierOf(needs),
  ...plan,
});

export function playbooksOf(grants: PlanGrants): Playbook[] {
  return PLAYBOOKS.filter((playbook) => isGranted(playbook.needs, grants)).map(toPlaybook);
}

/** A playbook, and what a plan must grant for it. */
export function playbookNamed(
  id: string,
): { playbook: Playbook; needs: NeededGrant | undefined } | undefined {
  const found = PLAYBOOKS.find((one) => one.id === id);
  return found && { playbook: toPlaybook(found), needs: found.needs };
}

/** Stands in for a plan that a model could not make: the agent's first playbook, of those that the plan has. */
export function nearestPlaybook(agent: AgentName, grants: PlanGrants): ExecutionPlan | undefined {
  const nearest = PLAYBOOKS.find((one) => one.plan.agent === agent && isGranted(one.needs, grants));
  return nearest?.plan;
}
