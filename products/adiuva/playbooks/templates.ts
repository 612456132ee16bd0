import { adiuvaCatalogue } from '../plans.ts';
import type { PLAN_TABLES } from './plan.ts';

/** The grant that templates and playbooks need that are not free. */
export type NeededGrant = 'playbooks';

/** A prompt that a step runs: its text is `prompts/<id>.v<N>.md`, and never leaves. */
export interface PromptTemplate {
  readonly id: string;
  readonly needs?: NeededGrant;
  /** Its answers, for the model that plans. */
  readonly about: string;
  /** Its variables, by the most characters that each takes. */
  readonly variables: Readonly<Record<string, number>>;
  /** The records that it answers: those that this tool of an agent would create. Without it, it answers a text. */
  readonly creates?: {
    readonly tool: string;
    readonly table: (typeof PLAN_TABLES)[number];
    readonly most: number;
  };
}

/** Characters of a text that a user pastes, and of rows as JSON. */
const TEXT = 40_000;
const ROWS = 60_000;
const LINE = 2_000;

const TEMPLATES: readonly PromptTemplate[] = [
  {
    id: 'answer_request',
    about: 'answers a request about some material as a text',
    variables: { request: 8_000, material: ROWS },
  },
  {
    id: 'task_from_text',
    about: 'makes one task of an email or another text',
    variables: { text: TEXT },
    creates: { tool: 'create_task', table: 'tasks', most: 1 },
  },
  {
    id: 'day_plan',
    about: 'puts tasks in an order for a day, as a text',
    variables: { tasks: ROWS, wishes: LINE },
  },
  {
    id: 'note_from_text',
    about: 'makes one tidy note of a text',
    variables: { text: TEXT },
    creates: { tool: 'create_note', table: 'notes', most: 1 },
  },
  {
    id: 'tasks_from_minutes',
    needs: 'playbooks',
    about: 'makes a task of each thing that the minutes of a meeting say is to be done',
    variables: { minutes: TEXT },
    creates: { tool: 'create_task', table: 'tasks', most: 30 },
  },
  {
    id: 'weekly_report',
    needs: 'playbooks',
    about: 'writes a report of a week from tasks and projects, as a note',
    variables: { tasks: ROWS, projects: ROWS },
    creates: { tool: 'create_note', table: 'notes', most: 1 },
  },
  {
    id: 'project_outline',
    needs: 'playbooks',
    about: 'outlines a project from its description, phase by phase, as a text',
    variables: { description: TEXT },
  },
  {
    id: 'checkpoints_from_outline',
    needs: 'playbooks',
    about: 'makes checkpoints with dates of a project from its outline',
    variables: { outline: TEXT, project_id: 200, start: LINE },
    creates: { tool: 'create_checkpoint', table: 'checkpoints', most: 12 },
  },
  {
    id: 'client_update',
    needs: 'playbooks',
    about: 'turns a report into an email to a client, as a text',
    variables: { report: TEXT, wishes: LINE },
  },
];

export const TEMPLATE_IDS: readonly string[] = TEMPLATES.map(({ id }) => id);

export function templateNamed(id: string): PromptTemplate | undefined {
  return TEMPLATES.find((template) => template.id === id);
}

export type PlanGrants = Readonly<Record<string, unknown>>;

/** Whether a plan has what needs this of it; nothing: it is free. */
export const isGranted = (needs: NeededGrant | undefined, grants: PlanGrants): boolean =>
  needs === undefined || grants[needs] === true;

export function templatesOf(grants: PlanGrants): PromptTemplate[] {
  return TEMPLATES.filter(({ needs }) => isGranted(needs, grants));
}

/** The least plan that grants it. */
export function tierOf(needs: NeededGrant | undefined): string {
  const plans = Object.entries(adiuvaCatalogue.plans).toSorted(([, a], [, b]) => a.rank - b.rank);
  const [tier] = plans.find(([, { grants }]) => isGranted(needs, grants)) ?? [];
  if (tier === undefined) throw new Error(`no plan grants ${needs}`);
  return tier;
}
