import type { Schemas } from '@plinth/sdk';
import type { Action } from './actions.tsx';
import type { Fields, Table } from './open-vault.ts';

export type Plan = Pick<Schemas['ExecutionPlan'], 'steps'>;
type Step = Plan['steps'][number];
type Value = NonNullable<Step['variables']>[string];

/** Answer of a step that asks a model. */
export type StepResult = Pick<Schemas['StepResult'], 'text' | 'records'>;

/** Sources of a run's values. */
interface RunInput {
  readonly plan: Plan;
  /** Texts that its reader has typed, by the plan's labels. */
  readonly typed: Readonly<Record<string, string>>;
  readonly rows: (table: Table) => readonly Fields[];
}

export const isPrompt = ({ action }: Step): boolean => action === 'run_prompt';

const sourceOf = (value: Value) => (typeof value === 'object' ? value : undefined);

/** Labels of the texts to ask for, each once. */
export function labelsOf({ steps }: Plan): string[] {
  const values = steps.flatMap(({ variables }) => Object.values(variables ?? {}));
  const labels = values.flatMap((value) => {
    const source = sourceOf(value);
    return source?.from === 'user' ? [source.label] : [];
  });
  return [...new Set(labels)];
}

/** Values of a step's variables, after the results so far. */
export function valuesOf(
  { variables, data_from_step: from }: Step,
  { typed, rows }: RunInput,
  results: readonly (StepResult | undefined)[],
): Record<string, string | number> {
  const valueOf = (value: Value): string | number => {
    if (typeof value !== 'object') return value;
    if (value.from === 'user') return typed[value.label] ?? '';
    if (value.from === 'records') return JSON.stringify(rows(value.table));
    return results[from ?? -1]?.text ?? '';
  };
  return Object.fromEntries(Object.entries(variables ?? {}).map(([name, value]) => [name, valueOf(value)]));
}

/** The actions of a plan whose prompts have been answered, in its order (docs/adiuva.md). */
export function actionsOf(input: RunInput, results: readonly (StepResult | undefined)[]): Action[] {
  return input.plan.steps.flatMap((step): Action[] => {
    const { action: type, variables, data_from_step: from } = step;
    if (type === 'run_prompt') return [];
    const { table: named, ...data } = valuesOf(step, input, results);
    const table = typeof named === 'string' ? named : null;
    const usesText = Object.values(variables ?? {}).some((value) => sourceOf(value)?.from === 'step');
    if (from === null || usesText) return [{ type, table, data }];
    return (results[from]?.records ?? []).map((record) => ({ type, table, data: record }));
  });
}
