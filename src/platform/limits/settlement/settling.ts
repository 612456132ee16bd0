import { commitPoint, type Database, type Statement, statement, systemCall } from '#platform/db';
import { meterOf } from '../batch.ts';
import { batchesOn, createBatcher, type Traffic } from '../batcher.ts';
import { CLOSE_ONE, CLOSE_PLAIN, closingOf, closingsOf, type Placed, plainOf } from './closings.ts';
import type { Step } from './steps.ts';

/** What became of a step: its kind, and what there is to know of it. */
export type Resolution = { readonly kind: string } & Record<string, unknown>;

/** The kind of limit that has no room for a further call or a larger reserve; undefined: it is no denial. */
export function deniedBy({ kind, of }: Resolution): unknown {
  return kind === 'denied' ? of : undefined;
}

const RESOLVE = commitPoint(
  'limits.resolve',
  'settlements, releases and further provider calls of a batch of permits',
);

export interface SettlingParts {
  readonly db: Database;
  readonly traffic: Traffic;
}

/** Steps of permits, committed in groups: while one batch is in flight the next one fills. */
export interface Settling {
  resolve(step: Step): Promise<Resolution>;
}

interface Cost {
  readonly cost: number | null;
}

export function createSettling({ db, traffic }: SettlingParts): Settling {
  const batcher = createBatcher<Step, Resolution>({
    ...batchesOn(db),
    flush,
    rowOf: (step) => meterOf(step.a, step.p),
    traffic,
  });

  async function flush(steps: readonly Step[]): Promise<(Resolution | undefined)[]> {
    const answers: (Resolution | undefined)[] = steps.map(() => undefined);
    const plain = plainOf(steps);
    if (plain.length > 0) {
      const { costs, order } = await closed(plain);
      for (const [at, { cost }] of costs.entries()) {
        const { step, place } = order[at] ?? {};
        if (cost === null || step === undefined || place === undefined) continue;
        answers[place] = { kind: step.op === 'settle' ? 'settled' : 'voided', cost };
      }
    }
    const rest = steps.flatMap((step, i) => (answers[i] === undefined ? [{ i, ...step }] : []));
    if (rest.length > 0) await resolveRest(rest, answers);
    return answers;
  }

  /** For a lone caller there is a cheaper way than for a crowd. It knows fewer cases; the others go the crowd's. */
  async function closed(plain: readonly Placed[]): Promise<{ costs: Cost[]; order: readonly Placed[] }> {
    const [first, ...more] = plain;
    if (first?.step.calls.length === 1 && more.length === 0) {
      const costs = await close(statement<Cost>(CLOSE_ONE, [first.step.p, closingOf(first.step)]));
      if (costs[0]?.cost !== null) return { costs, order: plain };
    }
    const { values, order } = closingsOf(plain);
    return { costs: await close(statement<Cost>(CLOSE_PLAIN, values)), order };
  }

  async function close(call: Statement<Cost>): Promise<Cost[]> {
    return (await db.system('limits.settlement', RESOLVE, [systemCall(call)]))[0];
  }

  async function resolveRest(steps: readonly (Step & { i: number })[], answers: (Resolution | undefined)[]) {
    const text = 'select i, answer from limits.resolve_batch($1::jsonb)';
    const call = statement<{ i: number; answer: Resolution }>(text, [JSON.stringify(steps)]);
    const [rows] = await db.system('limits.settlement', RESOLVE, [systemCall(call)]);
    for (const row of rows) answers[row.i] = row.answer;
  }

  return { resolve: (step) => batcher.add(step) };
}
