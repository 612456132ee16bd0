/**
 * `npm run safety [-- --crossed] [-- --train] [-- --held-out] [-- --misses N]`: precision and recall of the precheck on the labelled
 * set, with 95 % intervals (Wilson), by kind, language and trick, and every miss. `--crossed` looks at each sentence of the dev half
 * with a model that was trained without its family; `--train` writes the model. See docs/safety.md.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MODEL_FILE } from '../src/model/model.ts';
import { precheck } from '../src/precheck.ts';
import { isEveryday, type LabelledSentence, readHalf } from './labelled.ts';
import { report } from './report.ts';
import { crossValidate, exampleOf, figuresOf, inputsDigest, isHard, train } from './training.ts';
import { writeVectors } from './vectors.ts';

const FOLDER = join(import.meta.dirname, '../sentences');
const HELD_OUT = join(FOLDER, 'held-out');
const LOOKS = join(HELD_OUT, 'looks.json');

const { values } = parseArgs({
  options: {
    crossed: { type: 'boolean', default: false },
    train: { type: 'boolean', default: false },
    'held-out': { type: 'boolean', default: false },
    vectors: { type: 'string' },
    misses: { type: 'string', default: '1000' },
  },
});

function looks(): number {
  return existsSync(LOOKS) ? Number(JSON.parse(readFileSync(LOOKS, 'utf8')).looks) : 0;
}

function say(half: string, judged: Parameters<typeof report>[1]): void {
  process.stdout.write(report(half, judged, Number(values.misses)));
}

const judgedOf = (sentences: readonly LabelledSentence[]) =>
  sentences.map((one) => ({ ...one, said: precheck(one.text).status }));

if (values.vectors !== undefined) writeVectors(values.vectors);
const dev = readHalf(join(FOLDER, 'dev'));
if (values.train || values.crossed) {
  const examples = dev.map(exampleOf);
  const judged = crossValidate(examples);
  say('dev, by models that have not seen the family of a sentence', judged.filter(isHard));
  say('dev, everyday messages, by models that have not seen them', judged.filter(isEveryday));
  if (values.train) {
    const model = { inputs: inputsDigest(examples), crossed: figuresOf(judged), ...train(examples) };
    writeFileSync(MODEL_FILE, `${JSON.stringify(model, null, 2)}\n`);
  }
} else say('dev, with which the model was trained', judgedOf(dev));
const isThere = existsSync(HELD_OUT) && readdirSync(HELD_OUT).some((name) => name.endsWith('.jsonl'));
if (values['held-out'] && isThere) {
  writeFileSync(LOOKS, `{ "looks": ${looks() + 1} }\n`);
  say('held-out', judgedOf(readHalf(HELD_OUT)));
}
process.stdout.write(`held-out: ${isThere ? `looked at ${looks()} times` : 'not there'}\n`);
