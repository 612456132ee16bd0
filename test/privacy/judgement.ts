import type { Noise } from '../../server/src/platform/operator/privacy/discrete-laplace.ts';
import { type LawTest, testLaw } from './noise-law.ts';
import { type Distinction, tellApart } from './neighbours.ts';

/** The ε that the black-box test runs with. */
export const EPSILON = 1;

export interface Judgement {
  readonly law: readonly LawTest[];
  readonly distinctions: readonly Distinction[];
  /** What is wrong with the noise, in words. */
  readonly faults: readonly string[];
}

/** Compares noise with its law, and tells neighbouring data apart by releases that are made with it. */
export function judge(
  noise: Noise,
  { draws, runs }: { readonly draws: number; readonly runs: number },
): Judgement {
  const distinctions = tellApart(noise, runs);
  const law = testLaw(noise, draws);
  const faults = [
    ...law
      .filter(({ statistic, critical }) => !(statistic <= critical))
      .map(
        ({ name, statistic, critical }) => `${name}: ${statistic.toFixed(1)} is above ${critical.toFixed(1)}`,
      ),
    ...distinctions
      .filter(({ atLeast }) => !(atLeast <= EPSILON))
      .map(({ event, atLeast }) => `${event}: ε is at least ${atLeast.toFixed(3)}`),
  ];
  return { law, distinctions, faults };
}
