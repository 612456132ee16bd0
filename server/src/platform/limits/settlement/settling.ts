import { commitPoint, type Database, type Statement, statement, systemCall } from '#platform/db';
import { meterOf, compareText, arrayOf, composite, type Field } from '../batch.ts';
import { batchOptions, createBatcher, type BusyRows } from '../batcher.ts';
import { encodeStep, type PermitStep, stepsOf } from './step.ts';

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

/** The statement that closes one plain permit, named by its product and `closingText`, with the times of its call's steps. */
const CLOSE_ONE = 'select limits.close_plain($1, $2::limits.closing, $3::text::integer[]) as cost';

/** The statement that closes plain permits; its values are those of `orderClosings`. */
const CLOSE_PLAIN =
  'select cost from limits.close_plain($1::uuid[], $2::text[], $3::limits.closing[], $4::text[])';

/** A step, and its index in the batch. */
interface IndexedStep {
  readonly step: PermitStep;
  readonly index: number;
}

/** The steps that may be plain ends: with at most one call, and one step for each permit. The database decides whether they are. */
function plainSteps(steps: readonly PermitStep[]): IndexedStep[] {
  const seen = new Set<string>();
  return steps.flatMap((step, index) => {
    const { operation, isDelegated = false, keepsQuota = false, calls, permit } = step;
    const isEnd = operation === 'settle' || operation === 'release';
    if (!isEnd || isDelegated || keepsQuota || calls.length > 1 || seen.has(permit)) return [];
    seen.add(permit);
    return [{ step, index }];
  });
}

/** One plain end, with its only meter, as `limits.close_plain` reads it. */
function closingText(step: PermitStep): string {
  return composite(closingFields(step, 1));
}

/** How long each step of its call took, as an array of PostgreSQL's. */
function stepsText({ calls: [call] }: PermitStep): string | null {
  const steps = call && stepsOf(call);
  return steps === undefined ? null : `{${steps.map((one) => one ?? 'null').join(',')}}`;
}

/** Plain ends as `limits.close_plain` reads them, in the order in which all processes lock meters. */
function orderClosings(plain: readonly IndexedStep[]): {
  readonly values: readonly string[];
  readonly order: readonly IndexedStep[];
} {
  const metered = plain.map((plainStep) => {
    const { account, product } = plainStep.step;
    return { plainStep, meter: meterOf(account, product) };
  });
  metered.sort((a, b) => compareText(a.meter, b.meter) || a.plainStep.index - b.plainStep.index);
  const accounts: string[] = [];
  const products: string[] = [];
  let last = '';
  const closings = metered.map(({ plainStep: { step }, meter }) => {
    if (meter !== last) {
      last = meter;
      accounts.push(step.account);
      products.push(step.product);
    }
    return composite(closingFields(step, accounts.length));
  });
  const steps = metered.map(({ plainStep: { step } }) => stepsText(step) ?? '{}');
  const values = [arrayOf(accounts), arrayOf(products), arrayOf(closings), arrayOf(steps)];
  return { values, order: metered.map(({ plainStep }) => plainStep) };
}

function closingFields(step: PermitStep, meter: number): Field[] {
  const { account, permit, holder, fence, operation, reason } = step;
  const end = [meter, account, permit, holder, fence, operation === 'release', reason];
  const [call] = step.calls;
  if (call === undefined) return [...end, ...Array<null>(15).fill(null)];
  const { event, state, figures, isTry = true } = call;
  const outcome = [event, state === 'voided', figures !== undefined, isTry];
  if (figures === undefined) return [...end, ...outcome, ...Array<null>(11).fill(null)];
  const { prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens } = figures;
  const { estimated, provider, model, provider_request_id, cost, charged, price_version } = figures;
  const tokens = [prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens];
  const source = [estimated, provider, model, provider_request_id];
  return [...end, ...outcome, ...source, ...tokens, cost, charged, price_version];
}
