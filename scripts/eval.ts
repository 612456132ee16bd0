/**
 * `npm run eval -- reel|orbit|memory|patterns [--limit N] [--model provider/model] [--least 0.9] [--json]`: has posts written, or documents
 * extracted, by the configured provider (the sandbox when there is none), questions asked of long histories, or patterns found in
 * sessions, and scores what comes of it. See docs/evals.md.
 */
import { parseArgs } from 'node:util';
import { readBriefs } from './eval/briefs.ts';
import { openFixture } from './eval/fixture.ts';
import { evaluateMemory, measureParts, type QuestionResult, scoreMemory } from './eval/memory/evaluate.ts';
import { HALVES } from './eval/memory/histories.ts';
import { missedOf, partsOf, reportOfMemory } from './eval/memory/report.ts';
import { evaluateOrbit, reportOfOrbit } from './eval/orbit/evaluate.ts';
import { readLabelled } from './eval/orbit/labelled.ts';
import { overallOf } from './eval/orbit/score.ts';
import { scorePatterns, sweep } from './eval/patterns/evaluate.ts';
import { reportOfPatterns } from './eval/patterns/report.ts';
import { evaluateReel } from './eval/reel.ts';
import { reportOf } from './eval/report.ts';

/** What came of an evaluation: its score, in words, and the number that `--least` is compared with. */
interface EvaluationResult {
  readonly score: object;
  readonly report: string;
  readonly overall: number;
}

/** An evaluation of a server, whose customers have a plan. */
interface ServerEvaluation {
  readonly plan: string;
  /** How many there are to be judged. */
  readonly all: number;
  run(fixture: Awaited<ReturnType<typeof openFixture>>, limit: number): Promise<EvaluationResult>;
}

/** An evaluation of functions alone. */
interface PureEvaluation {
  readonly all: number;
  run(limit: number): Promise<EvaluationResult>;
}

const evaluations: Readonly<Record<string, () => ServerEvaluation | PureEvaluation>> = {
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
  memory: memoryEvaluation,
  patterns: patternsEvaluation,
};

/** The limit is for each history; missed questions are those of the dev half alone, so that no change is tuned by the others. */
function memoryEvaluation(): PureEvaluation {
  return {
    all: 1_000,
    async run(limit) {
      const results: { half: (typeof HALVES)[number]; of: QuestionResult[] }[] = [];
      const parts: string[] = [];
      for (const half of HALVES) {
        results.push({ half, of: await evaluateMemory(half, limit) });
        parts.push(`Lost of the ${half} half`, ...partsOf(await measureParts(half)), '');
      }
      const score = results.map(({ half, of }) => scoreMemory(half, of));
      const missed = results.filter(({ half }) => half === 'dev').flatMap(({ of }) => missedOf(of));
      const report = [reportOfMemory(score), ...parts, 'Missed in 10 turns, of the dev half:', ...missed];
      return {
        score,
        report: report.join('\n'),
        overall: score.find(({ half }) => half === 'test')?.ours.inTokens ?? 0,
      };
    },
  };
}

/** There is nothing to limit: it takes a second. */
function patternsEvaluation(): PureEvaluation {
  return {
    all: 1,
    async run() {
      const scores = HALVES.map((half) => scorePatterns(half));
      return {
        score: scores,
        report: reportOfPatterns(scores, sweep()),
        overall: scores.find(({ half }) => half === 'test')?.precision ?? 0,
      };
    },
  };
}

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
    'usage: npm run eval -- reel|orbit|memory|patterns [--limit N] [--model provider/model] [--least 0.9] [--json]\n',
  );
  process.exit(1);
}

try {
  const { score, report, overall } = await evaluate(evaluation);
  process.stdout.write(`${report}\n`);
  if (values.json) process.stdout.write(`${JSON.stringify(score)}\n`);
  if (overall < least) throw new Error(`the score ${overall.toFixed(3)} is under ${least}`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function evaluate(chosen: ServerEvaluation | PureEvaluation): Promise<EvaluationResult> {
  if (!('plan' in chosen)) return chosen.run(limit);
  const customers = Math.min(limit, chosen.all);
  const fixture = await openFixture({ customers, plan: chosen.plan, model: values.model });
  try {
    return await chosen.run(fixture, limit);
  } finally {
    await fixture.close();
  }
}
