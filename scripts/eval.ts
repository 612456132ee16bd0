/**
 * `npm run eval -- reel [--limit N] [--model provider/model] [--least 0.9] [--json]`: has posts written by the configured
 * provider (the sandbox when there is none) and scores them by the rules of scripts/eval/rules. See docs/evals.md.
 */
import { parseArgs } from 'node:util';
import { readBriefs } from './eval/briefs.ts';
import { evaluateReel } from './eval/reel.ts';
import { reportOf } from './eval/report.ts';
import { openFixture } from './eval/fixture.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: 'string' },
    model: { type: 'string' },
    least: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const briefs = readBriefs().length;
const [limit, least] = [Number(values.limit ?? briefs), Number(values.least ?? 0)];
if (positionals.join() !== 'reel' || !(limit >= 1) || !(least >= 0 && least <= 1)) {
  process.stderr.write(
    'usage: npm run eval -- reel [--limit N] [--model provider/model] [--least 0.9] [--json]\n',
  );
  process.exit(1);
}

try {
  const fixture = await openFixture({ customers: Math.min(limit, briefs), model: values.model });
  try {
    const score = await evaluateReel(fixture, limit);
    process.stdout.write(`${reportOf(score)}\n`);
    if (values.json) process.stdout.write(`${JSON.stringify(score)}\n`);
    if (score.overall < least) throw new Error(`the score ${score.overall.toFixed(3)} is under ${least}`);
  } finally {
    await fixture.close();
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
