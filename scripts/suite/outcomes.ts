import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';

const outcome = z.object({
  file: z.string(),
  name: z.string(),
  state: z.enum(['passed', 'failed', 'skipped']),
  /** Why a test was skipped, where it says so, or how it failed. */
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

/** The file beside the report that is there once a worker of the run is idle. */
export const IDLE = 'idle';

/** What the reporter wrote; throws when the run ended before it could. */
export function readReport(path: string): Report {
  return reportSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

export function countOf(outcomes: readonly Outcome[], state: Outcome['state']): number {
  return outcomes.filter((one) => one.state === state).length;
}

/** What of an error is told at the end of a run: of a long output often nothing but the end is kept. Lines. */
const LONGEST_REASON = 30;

/** How a test failed, in plain text: the message, what differs, and where. */
export function reasonOf({ message, diff, stacks = [] }: Failure): string {
  const [at] = stacks;
  const where = at === undefined ? [] : [`at ${at.file}:${at.line}`];
  const lines = stripVTControlCharacters([message, ...(diff === undefined ? [] : [diff])].join('\n')).split(
    '\n',
  );
  const kept = lines.slice(0, LONGEST_REASON);
  return [...kept, ...(kept.length < lines.length ? ['…'] : []), ...where].join('\n');
}

/** What Vitest tells of an error. */
export interface Failure {
  readonly message: string;
  readonly diff?: string | undefined;
  readonly stacks?: readonly { readonly file: string; readonly line: number }[] | undefined;
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
