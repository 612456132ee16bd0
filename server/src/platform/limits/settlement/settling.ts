import { commitPoint, type Database, type Statement, statement, systemCall } from '#platform/db';
import { meterOf } from '../batch.ts';
import { batchOptions, createBatcher, type BusyRows } from '../batcher.ts';
import {
  CLOSE_ONE,
  CLOSE_PLAIN,
  closingText,
  orderClosings,
  type IndexedStep,
  plainSteps,
  stepsText,
} from './closings.ts';
import { encodeStep, type PermitStep } from './step.ts';

/** The answer to a step: its kind and details. */
export type Resolution = { readonly kind: string } & Record<string, unknown>;

const RESOLVE = commitPoint(
  'limits.resolve',
  'settlements, releases and further provider calls of a batch of permits',
);

export interface SettlingParts {
  readonly db: Database;
  readonly busyRows: BusyRows;
}

/** Steps of permits, committed in groups: while one batch is in flight the next one fills. */
export interface Settling {
  resolve(step: PermitStep): Promise<Resolution>;
}

interface CostRow {
  readonly cost: number | null;
}

export function createSettling({ db, busyRows }: SettlingParts): Settling {
  const batcher = createBatcher<PermitStep, Resolution>({
    name: 'limits.settlement',
    ...batchOptions(db),
    flush,
    rowOf: (step) => meterOf(step.account, step.product),
    busyRows,
  });

  async function flush(steps: readonly PermitStep[]): Promise<(Resolution | undefined)[]> {
    const answers: (Resolution | undefined)[] = steps.map(() => undefined);
    const plain = plainSteps(steps);
    if (plain.length > 0) {
      const { costs, order } = await closePlain(plain);
      for (const [at, { cost }] of costs.entries()) {
        const { step, index } = order[at] ?? {};
        if (cost === null || step === undefined || index === undefined) continue;
        answers[index] = { kind: step.operation === 'settle' ? 'settled' : 'voided', cost };
      }
    }
    const rest = steps.flatMap((step, i) => (answers[i] === undefined ? [{ i, ...encodeStep(step) }] : []));
    if (rest.length > 0) await resolveRest(rest, answers);
    return answers;
  }

  /** A single end has a cheaper statement, which knows fewer cases; the other cases take the statement of a batch. */
  async function closePlain(
    plain: readonly IndexedStep[],
  ): Promise<{ costs: CostRow[]; order: readonly IndexedStep[] }> {
    const [first, ...more] = plain;
    if (first?.step.calls.length === 1 && more.length === 0) {
      const costs = await close(
        statement<CostRow>(CLOSE_ONE, [first.step.product, closingText(first.step), stepsText(first.step)]),
      );
      if (costs[0]?.cost !== null) return { costs, order: plain };
    }
    const { values, order } = orderClosings(plain);
    return { costs: await close(statement<CostRow>(CLOSE_PLAIN, values)), order };
  }

  async function close(call: Statement<CostRow>): Promise<CostRow[]> {
    return (await db.system('limits.settlement', RESOLVE, [systemCall(call)]))[0];
  }

  async function resolveRest(steps: readonly { readonly i: number }[], answers: (Resolution | undefined)[]) {
    const text = 'select i, answer from limits.resolve_batch($1::jsonb)';
    const call = statement<{ i: number; answer: Resolution }>(text, [JSON.stringify(steps)]);
    const [rows] = await db.system('limits.settlement', RESOLVE, [systemCall(call)]);
    for (const row of rows) answers[row.i] = row.answer;
  }

  return { resolve: (step) => batcher.add(step) };
}
