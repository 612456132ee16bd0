import { quantile, round } from '../figures.ts';
import type { Load } from './run.ts';

/** What a run came to, in lines: rates and percentiles by call, errors, what was used, and the ledger beside the bill. */
export function reportOf({ seconds, taken, errors, used, ledger }: Load): string {
  const rows = [...taken]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, of]) => callRow(name, of.times, seconds));
  const firsts = [...taken].filter(([, { first }]) => first.length > 0);
  const hung = [...taken].filter(([, { cut }]) => cut > 0);
  const { billed, posted, violations } = ledger;
  return [
    '| call | a second | p50 ms | p95 ms | p99 ms | most ms | calls |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    ...firsts.map(([name, { first }]) => callRow(`${name}: first words`, first, seconds)),
    '',
    ...hung.map(([name, { cut }]) => `hung up on, ${name}: ${cut}`),
    errors.size === 0 ? 'errors: none' : 'errors:',
    ...[...errors].map(([what, count]) => `  ${count} × ${what}`),
    `server: ${used.server.cores} cores, ${used.server.megabytes} MB at most`,
    `database: ${used.database.cores} cores, ${used.database.megabytes} MB and ${used.database.connections} connections at most`,
    `bill: ${billed.calls} calls, $${dollars(billed.micros)}; ledger: ${posted.calls} calls, $${dollars(posted.micros)}`,
    violations.length === 0
      ? 'the ledger is the bill'
      : `THE LEDGER IS NOT THE BILL, ${violations.length} times:`,
    ...violations.slice(0, MOST_TOLD).map(({ rule, says }) => `  ${rule}: ${says}`),
  ].join('\n');
}

const MOST_TOLD = 20;

function callRow(name: string, times: readonly number[], seconds: number): string {
  const figures = [0.5, 0.95, 0.99, 1].map((share) => Math.round(quantile(times, share)));
  return `| ${[name, round(times.length / seconds), ...figures, times.length].join(' | ')} |`;
}

function dollars(micros: number): string {
  return (micros / 1_000_000).toFixed(6);
}
