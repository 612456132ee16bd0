import { readFileSync } from 'node:fs';
import { z } from 'zod';

const outcome = z.object({
  file: z.string(),
  name: z.string(),
  state: z.enum(['passed', 'failed', 'skipped']),
  /** Why a test was skipped, where it says so. */
  note: z.string().optional(),
});

/** How one test of one pass ended. */
export type Outcome = Readonly<z.infer<typeof outcome>>;

/** The environment variable that names the file which the outcomes are written to. */
export const REPORT = 'PLINTH_TEST_REPORT';

/** What the reporter wrote; throws when the run ended before it could. */
export function readOutcomes(path: string): readonly Outcome[] {
  return z.array(outcome).parse(JSON.parse(readFileSync(path, 'utf8')));
}

export function countOf(outcomes: readonly Outcome[], state: Outcome['state']): number {
  return outcomes.filter((one) => one.state === state).length;
}

/** Tests that no pass ran: one for PGlite alone is rightly skipped on PostgreSQL. */
export function neverRun(outcomes: readonly Outcome[]): Outcome[] {
  const ranOnce = new Set(outcomes.filter(({ state }) => state !== 'skipped').map(keyOf));
  const skipped = outcomes.filter((one) => !ranOnce.has(keyOf(one)));
  return [...new Map(skipped.map((one) => [keyOf(one), one])).values()];
}

function keyOf({ file, name }: Outcome): string {
  return `${file} > ${name}`;
}
