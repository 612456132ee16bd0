/**
 * `npm run eval -- reel|orbit [--limit N] [--model provider/model] [--least 0.9] [--json]`: has posts written, or documents extracted,
 * by the configured provider (the sandbox when there is none) and scores them. See docs/evals.md.
 */
import { parseArgs } from 'node:util';
import { readBriefs } from './eval/briefs.ts';
import { openFixture } from './eval/fixture.ts';
import { evaluateOrbit, reportOfOrbit } from './eval/orbit/evaluate.ts';
import { readLabelled } from './eval/orbit/labelled.ts';
import { overallOf } from './eval/orbit/score.ts';
import { evaluateReel } from './eval/reel.ts';
import { reportOf } from './eval/report.ts';

/** What came of an evaluation: its score, in words, and the number that `--least` is compared with. */
interface EvaluationResult {
  readonly score: object;
  readonly report: string;
  readonly overall: number;
}

interface Evaluation {
  readonly plan: string;
  /** How many there are to be judged. */
  readonly all: number;
  run(fixture: Awaited<ReturnType<typeof openFixture>>, limit: number): Promise<EvaluationResult>;
}

const evaluations: Readonly<Record<string, () => Evaluation>> = {
  reel: () => ({
    plan: 'reel.pro',
    all: readBriefs().length,
    async run(fixture, limit) {
      const score = await evaluateReel(fixture, limit);
      return { score, report: reportOf(score), overall: score.overall };
    },
  }),
  orbit() {
    const documents = readLabelled();
    return {
      plan: 'orbit.team',
      all: documents.length,
      async run(fixture, limit) {
        const score = await evaluateOrbit(fixture, documents.slice(0, limit));
        const isReal = !fixture.isSandbox;
        return { score, report: reportOfOrbit(score, isReal), overall: overallOf(score, isReal) };
      },
    };
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: 'string' },
    model: { type: 'string' },
    least: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const evaluation = evaluations[positionals.join()]?.();
const [limit, least] = [Number(values.limit ?? evaluation?.all), Number(values.least ?? 0)];
if (evaluation === undefined || !(limit >= 1) || !(least >= 0 && least <= 1)) {
  process.stderr.write(
    'usage: npm run eval -- reel|orbit [--limit N] [--model provider/model] [--least 0.9] [--json]\n',
  );
  process.exit(1);
}

try {
  const customers = Math.min(limit, evaluation.all);
  const fixture = await openFixture({ customers, plan: evaluation.plan, model: values.model });
  try {
    const { score, report, overall } = await evaluation.run(fixture, limit);
    process.stdout.write(`${report}\n`);
    if (values.json) process.stdout.write(`${JSON.stringify(score)}\n`);
    if (overall < least) throw new Error(`the score ${overall.toFixed(3)} is under ${least}`);
  } finally {
    await fixture.close();
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
