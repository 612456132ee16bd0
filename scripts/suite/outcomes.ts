import { readFileSync } from 'node:fs';
import { z } from 'zod';

const outcome = z.object({
  file: z.string(),
  name: z.string(),
  state: z.enum(['passed', 'failed', 'skipped']),
  /** Why a test was skipped, where it says so. */
  note: z.string().optional(),
});

/** How long a test file took from its first import to its last hook. */
const timing = z.object({ file: z.string(), group: z.string(), seconds: z.number() });

export const reportSchema = z.object({ outcomes: z.array(outcome), timings: z.array(timing) });

/** How one test of one pass ended. */
export type Outcome = Readonly<z.infer<typeof outcome>>;
export type Timing = Readonly<z.infer<typeof timing>>;

export interface Report {
  readonly outcomes: readonly Outcome[];
  readonly timings: readonly Timing[];
}

/** The environment variable that names the file which the report is written to. */
export const REPORT = 'PLINTH_TEST_REPORT';

/** The file beside the report that is there once the last test has ended. */
export const TESTED = 'tested';

/** What the reporter wrote; throws when the run ended before it could. */
export function readReport(path: string): Report {
  return reportSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
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
