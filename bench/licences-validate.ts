import { systemRandom } from '#platform/kernel';
import { newKey } from '../products/licences/licenses/key.ts';
import { type Figures, quantile, round } from './figures.ts';

/** Questions about either kind of key, after some to warm up. */
const QUESTIONS = 1_500;
const WARM_UP = 200;
const RESAMPLES = 1_000;

/**
 * Whether the time of `POST /v1/licenses/validate` says that a key is one of ours: a known and an unknown key by turns, either of the two first,
 * one question at a time. `difference_us` is that of the medians, unknown less known, and the bounds are those between which it lies in 99 of
 * 100 resamples of what was measured: where 0 is between them, the two can't be told apart by so many questions.
 */
export async function measureValidate(
  known: string,
  ask: (key: string, question: number) => Promise<void>,
): Promise<Figures> {
  const times = { known: [] as number[], unknown: [] as number[] };
  for (let n = 0; n < WARM_UP + QUESTIONS; n += 1) {
    const pair = [
      ['known', known],
      ['unknown', newKey(systemRandom)],
    ] as const;
    for (const [kind, key] of Math.random() < 0.5 ? pair : pair.toReversed()) {
      const began = performance.now();
      await ask(key, n);
      if (n >= WARM_UP) times[kind].push((performance.now() - began) * 1_000);
    }
  }
  const resampled = Array.from(
    { length: RESAMPLES },
    () => quantile(resample(times.unknown), 0.5) - quantile(resample(times.known), 0.5),
  );
  return {
    questions: QUESTIONS,
    known_p50_us: round(quantile(times.known, 0.5)),
    unknown_p50_us: round(quantile(times.unknown, 0.5)),
    difference_us: round(quantile(times.unknown, 0.5) - quantile(times.known, 0.5)),
    least_us: round(quantile(resampled, 0.005)),
    most_us: round(quantile(resampled, 0.995)),
    /** Half of the middle half: what a single answer scatters by. */
    known_scatter_us: round((quantile(times.known, 0.75) - quantile(times.known, 0.25)) / 2),
  };
}

const resample = (times: readonly number[]) =>
  times.map(() => times[Math.floor(Math.random() * times.length)] ?? Number.NaN);
