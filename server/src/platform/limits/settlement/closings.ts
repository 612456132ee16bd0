import { compareText, meterOf } from '../batch.ts';
import { arrayOf, composite, type Field } from '../composite.ts';
import { type PermitStep, stepsOf } from './step.ts';

/** The statement that closes one plain permit, named by its product and `closingOf`, with the times of its call's steps. */
export const CLOSE_ONE = 'select limits.close_plain($1, $2::limits.closing, $3::text::integer[]) as cost';

/** The statement that closes plain permits; its values are those of `closingsOf`. */
export const CLOSE_PLAIN =
  'select cost from limits.close_plain($1::uuid[], $2::text[], $3::limits.closing[], $4::text[])';

/** A step, and its index in the batch. */
export interface IndexedStep {
  readonly step: PermitStep;
  readonly index: number;
}

/** The steps that may be plain ends: with at most one call, and one step for each permit. The database decides whether they are. */
export function plainSteps(steps: readonly PermitStep[]): IndexedStep[] {
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
export function closingText(step: PermitStep): string {
  return composite(closingFields(step, 1));
}

/** How long each step of its call took, as an array of PostgreSQL's. */
export function stepsText({ calls: [call] }: PermitStep): string | null {
  const steps = call && stepsOf(call);
  return steps === undefined ? null : `{${steps.map((one) => one ?? 'null').join(',')}}`;
}

/** Plain ends as `limits.close_plain` reads them, in the order in which all processes lock meters. */
export function orderClosings(plain: readonly IndexedStep[]): {
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
