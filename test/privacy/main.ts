/**
 * `npm run privacy`: draws noise as releases do, compares it with its law, and tries to tell neighbouring data apart by what is released.
 * Then the same with samplers that are broken on purpose, of which each must be found. `-- --runs 1000000` says how much is drawn,
 * `-- --seed 7` which run it is; without a seed a new one is made. See docs/privacy-releases.md.
 */
import { parseArgs } from 'node:util';
import { discreteLaplace, exactChance } from '../../server/src/platform/operator/privacy/discrete-laplace.ts';
import { brokenNoise } from './broken-noise.ts';
import { EPSILON, judge } from './judgement.ts';
import { seededBytes } from './seeded-bytes.ts';

const { values } = parseArgs({ options: { seed: { type: 'string' }, runs: { type: 'string' } } });
const seed = values.seed ?? String(Math.floor(Math.random() * 1_000_000_000));
const runs = Number(values.runs ?? 200_000);
const chance = exactChance(seededBytes(seed));
const exact = discreteLaplace(chance);

say(
  `seed ${seed}, ${runs} draws of each law, ${runs} releases of either data set, bounds hold with a confidence of 1 − 1e-6`,
);
const { law, distinctions, faults } = judge(exact, { draws: runs, runs });
for (const { name, statistic, critical } of law)
  say(`  ${name}: ${statistic.toFixed(1)}, wrong from ${critical.toFixed(1)}`);
for (const { event, measured, atLeast } of distinctions)
  say(`  ${event}: ε measured ${measured.toFixed(3)}, at least ${atLeast.toFixed(3)}, of ${EPSILON} allowed`);
for (const fault of faults) say(`WRONG ${fault}`);

const found = Object.entries(brokenNoise(exact, chance)).map(([name, noise]) => {
  const [fault] = judge(noise, { draws: runs / 10, runs: runs / 10 }).faults;
  say(fault === undefined ? `NOT FOUND: noise ${name}` : `found: noise ${name} (${fault})`);
  return fault !== undefined;
});
if (faults.length > 0 || found.includes(false)) process.exitCode = 1;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
