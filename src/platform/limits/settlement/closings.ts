import { compareText, meterOf } from '../batch.ts';
import { arrayOf, composite, type Field } from '../composite.ts';
import type { Step } from './steps.ts';

/** The statement that closes one plain permit, named by its product and `closingOf`. */
export const CLOSE_ONE = 'select limits.close_plain($1, $2::limits.closing) as cost';

/** The statement that closes plain permits; its values are those of `closingsOf`. */
export const CLOSE_PLAIN =
  'select cost from limits.close_plain($1::uuid[], $2::text[], $3::limits.closing[])';

/** A step, and its place in the batch. */
export interface Placed {
  readonly step: Step;
  readonly place: number;
}

/** The steps that may be plain ends: with the outcome of one call or none, and one for each permit. The database says whether they are. */
export function plainOf(steps: readonly Step[]): Placed[] {
  const seen = new Set<string>();
  return steps.flatMap((step, place) => {
    const ends = step.op === 'settle' || step.op === 'release';
    if (!ends || step.lent === true || step.k === true || step.calls.length > 1 || seen.has(step.id))
      return [];
    seen.add(step.id);
    return [{ step, place }];
  });
}

/** One plain end, of the only meter, as `limits.close_plain` reads it. */
export function closingOf(step: Step): string {
  return composite(closing(step, 1));
}

/** Plain ends as `limits.close_plain` reads them, in the order in which all processes lock meters. */
export function closingsOf(plain: readonly Placed[]): {
  readonly values: readonly string[];
  readonly order: readonly Placed[];
} {
  const keyed = plain.map((placed) => ({ placed, meter: meterOf(placed.step.a, placed.step.p) }));
  keyed.sort((a, b) => compareText(a.meter, b.meter) || a.placed.place - b.placed.place);
  const accounts: string[] = [];
  const products: string[] = [];
  let last = '';
  const closings = keyed.map(({ placed: { step }, meter }) => {
    if (meter !== last) {
      last = meter;
      accounts.push(step.a);
      products.push(step.p);
    }
    return composite(closing(step, accounts.length));
  });
  const values = [arrayOf(accounts), arrayOf(products), arrayOf(closings)];
  return { values, order: keyed.map(({ placed }) => placed) };
}

function closing({ a, id, h, f, op, reason, calls: [call] }: Step, meter: number): Field[] {
  const step = [meter, a, id, h, f, op === 'release', reason];
  if (call === undefined) return [...step, ...Array<null>(15).fill(null)];
  const { e, s, t, u } = call;
  const outcome = [e, s === 'voided', u !== undefined, t ?? true];
  if (u === undefined) return [...step, ...outcome, ...Array<null>(11).fill(null)];
  const tokens = [u.prompt_tokens, u.cached_tokens, u.completion_tokens, u.reasoning_tokens];
  const named = [u.estimated, u.provider, u.model, u.provider_request_id];
  return [...step, ...outcome, ...named, ...tokens, u.cost, u.charged, u.price_version];
}
