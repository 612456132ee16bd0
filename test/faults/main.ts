/**
 * `npm run faults`: callers, faults and the real program's processes, and an oracle that judges what was answered and written.
 * `-- --seconds 60` or `-- --minutes 10` says how long, `-- --seed 7` which run it is; without a seed a new one is made.
 * `-- --decisions 1000000` takes so many admission decisions. See docs/faults.md.
 */
import { parseArgs } from 'node:util';
import { runAway } from './run-away.ts';
import { runDecisions } from './decisions/run.ts';
import type { Outcome } from './judgement.ts';
import { run } from './run.ts';

/** So many violations of each rule are told, and so many rows of each. */
const MOST_TOLD = 3;
const MOST_ROWS = 6;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seconds: { type: 'string' },
    minutes: { type: 'string' },
    decisions: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

// When told to stop, it ends what it started, stopped processes too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const seed = values.seed ?? String(Math.floor(Math.random() * 1_000_000_000));
const seconds = values.minutes === undefined ? Number(values.seconds ?? 60) : Number(values.minutes) * 60;
const decisions = values.decisions === undefined ? undefined : Number(values.decisions);
say(decisions === undefined ? `seed ${seed}, ${seconds} s` : `seed ${seed}, ${decisions} decisions`);
const began = performance.now();
const quietly = { seed, say: values.verbose ? say : () => {} };
const outcome = await (decisions === undefined ? underFaults() : runDecisions({ ...quietly, decisions }));
say(summaryOf(outcome));
say(`seed ${seed}: ${((performance.now() - began) / 1_000).toFixed(1)} s in all`);
if (outcome.violations.length > 0) process.exitCode = 1;

/** Beside the run, processes of their own are stopped for as long as a lease really lasts: most of that is waiting. */
async function underFaults(): Promise<Outcome> {
  const [all, away] = await Promise.all([run({ ...quietly, seconds }), runAway({ ...quietly, seconds })]);
  return {
    violations: [...all.violations, ...away.violations],
    counts: { ...all.counts, ...away.counts },
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What a run came to; of violations the first of each rule, with the rows that show them. */
function summaryOf({ violations, counts }: Outcome): string {
  const numbers = Object.entries(counts).map(([name, count]) => `${name.replaceAll('_', ' ')} ${count}`);
  if (violations.length === 0) return `${numbers.join(', ')}\nnothing was violated`;
  const rules = new Set(violations.map(({ rule }) => rule));
  const told = [...rules].flatMap((rule) => {
    const found = violations.filter((violation) => violation.rule === rule);
    return [
      `VIOLATED ${found.length} times: ${rule}`,
      ...found
        .slice(0, MOST_TOLD)
        .flatMap(({ says, rows }) => [
          `  ${says}`,
          ...rows.slice(0, MOST_ROWS).map((row) => `    ${JSON.stringify(row)}`),
        ]),
    ];
  });
  return [numbers.join(', '), ...told].join('\n');
}
