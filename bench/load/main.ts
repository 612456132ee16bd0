/**
 * `npm run load -- --users 200 --minutes 5`: people at Prism with their think times, on PostgreSQL with and without Redis, each on a
 * server of its own. `--at memory`: people who work with tools that remember, 100 when not said. `--redis with` or `without` takes one of both, `--seed 7` says which run it is. See docs/tuning.md.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { reportOf } from './report.ts';
import { memory } from './remembering.ts';
import { runLoad, type Scenario } from './run.ts';
import { prism } from './visit.ts';

const { values } = parseArgs({
  options: {
    at: { type: 'string', default: 'prism' },
    users: { type: 'string' },
    minutes: { type: 'string' },
    seconds: { type: 'string' },
    redis: { type: 'string', default: 'both' },
    seed: { type: 'string', default: '1' },
  },
});

// When told to stop, it ends what it started.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const scenarios = new Map<string, readonly [Scenario, number]>([
  ['prism', [prism, 200]],
  ['memory', [memory, 100]],
]);
const [scenario, usual] = scenarios.get(values.at) ?? [undefined, Number.NaN];
const users = Number(values.users ?? usual);
const seconds = values.seconds === undefined ? Number(values.minutes ?? 5) * 60 : Number(values.seconds);
const ways = values.redis === 'both' ? ['without', 'with'] : [values.redis];
if (
  scenario === undefined ||
  !(users >= 1 && seconds >= 1) ||
  ways.some((way) => way !== 'with' && way !== 'without')
) {
  say(
    'Usage: npm run load -- [--at prism|memory] --users 200 --minutes 5 [--seconds 30] [--redis with|without|both] [--seed 1]',
  );
  process.exit(2);
}
say(
  `${users} people for ${seconds} s, seed ${values.seed}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`,
);
for (const way of ways) {
  const load = await runLoad({ scenario, users, seconds, withRedis: way === 'with', seed: values.seed });
  say(`\nPostgreSQL ${way} Redis, ${load.seconds.toFixed(0)} s\n\n${reportOf(load)}`);
  if (load.errors.size > 0 || load.ledger.violations.length > 0) process.exitCode = 1;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
