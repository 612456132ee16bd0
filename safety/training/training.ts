import { createHash } from 'node:crypto';
import { SAFETY_STATUSES } from '../../server/src/platform/base/http/index.ts';
import { judge } from '../src/judge.ts';
import { PLACES, type Features } from '../src/model/features.ts';
import { type Group, GROUPS, HEADS, type ModelFile, modelOf } from '../src/model/model.ts';
import { lookedAt, type ReadText, readText, compiledRules } from '../src/precheck.ts';
import { isEveryday, type LabelledSentence } from './labelled.ts';
import type { JudgedSentence } from './report.ts';

/**
 * What training goes by: with the sentences, it decides the weights. Everyday messages count more: they are one in ten of these, and
 * nearly all that people write. `ranking` is how much the difference of two sentences of one family counts.
 */
const SETTINGS = { rounds: 12, rate: 0.05, shrink: 2e-5, seed: 80, everyday: 4, ranking: 1 };

/** Sentences that the rules were written with are many spellings of few: no figure counts them. */
export const TEMPLATED = /^[a-z]+-\d+$/;

/** A sentence as it is learnt from. */
export interface Example {
  readonly sentence: LabelledSentence;
  readonly read: ReadText;
  readonly features: Features;
}

export function exampleOf(sentence: LabelledSentence): Example {
  const read = readText(sentence.text);
  const words = read.words.map(({ model }) => model);
  const { places, weights } = compiledRules().features.features(words, judge(read.tokens, read.found).facts);
  // The next sentence's overwrite them.
  return { sentence, read, features: { places: places.slice(), weights: weights.slice() } };
}

/** Digest of all that decides the weights: the settings, the labels, and the features, which hang on rules, concepts and code. */
export function inputsDigest(examples: readonly Example[]): string {
  const hash = createHash('sha256').update(JSON.stringify(SETTINGS));
  for (const { sentence, features } of examples) {
    hash.update(`${sentence.id} ${sentence.status} ${sentence.kinds.join(',')}\n`);
    hash.update(features.places).update(Float32Array.from(features.weights));
  }
  return hash.digest('hex');
}

/** Logistic regression by AdaGrad: one of four statuses, and each group of kinds among what is not harmless. Equal inputs give equal weights. */
export function train(examples: readonly Example[]): Pick<ModelFile, 'scales' | 'weights'> {
  const weights = new Float32Array(PLACES * HEADS);
  const moved = new Float32Array(PLACES).fill(1e-3);
  const random = randomOf(SETTINGS.seed);
  const order = examples.map((_, at) => at);
  const harmless = harmlessOf(examples);
  for (let round = 0; round < SETTINGS.rounds; round++) {
    shuffle(order, random);
    for (const at of order) {
      const example = examples[at];
      if (example === undefined) continue;
      const { sentence, features } = example;
      learn({ weights, moved }, features, errorsOf(sumsOf(weights, features), sentence));
      const others = sentence.status === 'crisis' ? (harmless.get(familyOf(sentence)) ?? []) : [];
      const other = others[Math.floor(random() * others.length)];
      if (other !== undefined) rank({ weights, moved }, features, other);
    }
  }
  return quantize(weights);
}

/** The harmless sentences of each family, but for those that are many spellings of few. */
function harmlessOf(examples: readonly Example[]): ReadonlyMap<string, readonly Features[]> {
  const found = new Map<string, Features[]>();
  for (const { sentence, features } of examples) {
    if (sentence.status !== 'ok' || !isHard(sentence)) continue;
    const family = familyOf(sentence);
    const known = found.get(family);
    if (known === undefined) found.set(family, [features]);
    else known.push(features);
  }
  return found;
}

interface LearningState {
  readonly weights: Float32Array;
  /** How far each place has moved, squared. */
  readonly moved: Float32Array;
}

function sumsOf(weights: Float32Array, { places, weights: values }: Features): Float64Array {
  const sums = new Float64Array(HEADS);
  for (let at = 0; at < places.length; at++) {
    const value = values[at] ?? 0;
    const from = (places[at] ?? 0) * HEADS;
    for (let head = 0; head < HEADS; head++)
      sums[head] = (sums[head] ?? 0) + value * (weights[from + head] ?? 0);
  }
  return sums;
}

/** Takes from each head what it is too high by for these features. */
function learn(
  { weights, moved }: LearningState,
  { places, weights: values }: Features,
  errors: Float64Array,
) {
  const force = errors.reduce((sum, error) => sum + error * error, 0);
  for (let at = 0; at < places.length; at++) {
    const place = places[at] ?? 0;
    const value = values[at] ?? 0;
    const before = moved[place] ?? 0;
    moved[place] = before + value * value * force;
    const rate = SETTINGS.rate / Math.sqrt(before + value * value * force);
    for (let head = 0; head < HEADS; head++) {
      const weight = weights[place * HEADS + head] ?? 0;
      weights[place * HEADS + head] =
        weight - rate * ((errors[head] ?? 0) * value + SETTINGS.shrink * weight);
    }
  }
}

const OK = SAFETY_STATUSES.indexOf('ok');
const CRISIS = SAFETY_STATUSES.indexOf('crisis');

/** A crisis is to be further from harmless than a harmless sentence of its family: of two texts that are alike, what differs is learnt. */
function rank(learning: LearningState, crisis: Features, harmless: Features): void {
  const [above, below] = [crisis, harmless].map((features) => {
    const sums = sumsOf(learning.weights, features);
    return (sums[CRISIS] ?? 0) - (sums[OK] ?? 0);
  });
  const error = SETTINGS.ranking / (1 + Math.exp((above ?? 0) - (below ?? 0)));
  const errors = new Float64Array(HEADS);
  errors[CRISIS] = -error;
  errors[OK] = error;
  learn(learning, crisis, errors);
  learn(
    learning,
    harmless,
    errors.map((one) => -one),
  );
}

/** By how much each head is too high for this sentence. */
function errorsOf(sums: Float64Array, { id, status, kinds }: LabelledSentence): Float64Array {
  const count = SAFETY_STATUSES.length;
  const most = Math.max(...sums.subarray(0, count));
  const raised = sums.subarray(0, count).map((sum) => Math.exp(sum - most));
  const all = raised.reduce((sum, one) => sum + one, 0);
  const weight = isEveryday({ id }) ? SETTINGS.everyday : 1;
  const groups = new Set(kinds.map(groupOf));
  return sums.map((sum, head) => {
    if (head < count)
      return weight * ((raised[head] ?? 0) / all - (SAFETY_STATUSES[head] === status ? 1 : 0));
    const group = GROUPS[head - count];
    if (status === 'ok' || group === undefined) return 0;
    return weight * (1 / (1 + Math.exp(-sum)) - (groups.has(group) ? 1 : 0));
  });
}

function groupOf(kind: string): Group {
  return GROUPS.find((group) => group === kind) ?? 'suicide';
}

/** Each head's weights as signed bytes. */
function quantize(weights: Float32Array): Pick<ModelFile, 'scales' | 'weights'> {
  const bytes = new Int8Array(weights.length);
  const scales = Array.from({ length: HEADS }, (_, head) => {
    let most = 1e-6;
    for (let at = head; at < weights.length; at += HEADS) most = Math.max(most, Math.abs(weights[at] ?? 0));
    const scale = Number((most / 127).toPrecision(6));
    for (let at = head; at < weights.length; at += HEADS) bytes[at] = Math.round((weights[at] ?? 0) / scale);
    return scale;
  });
  return { scales, weights: Buffer.from(bytes.buffer).toString('base64') };
}

/** Mulberry32: the same numbers for the same seed, everywhere. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function shuffle<T>(order: T[], random: () => number): void {
  for (let at = order.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    const [one, two] = [order[at], order[other]];
    if (one !== undefined && two !== undefined) [order[at], order[other]] = [two, one];
  }
}

const FOLDS = 5;

/** Families are told apart by writer. */
function familyOf({ id, family }: LabelledSentence): string {
  return `${id.slice(0, id.lastIndexOf('-'))} ${family}`;
}

/** Which fold a sentence is in: all of one family are in the same. */
export function foldOf(sentence: LabelledSentence): number {
  return createHash('sha256').update(familyOf(sentence)).digest().readUInt32BE() % FOLDS;
}

/** What each sentence is taken for by the rules and a model that was trained without its family. */
export function crossValidate(examples: readonly Example[]): JudgedSentence[] {
  return Array.from({ length: FOLDS }, (_, fold) => {
    const model = modelOf(train(examples.filter(({ sentence }) => foldOf(sentence) !== fold)));
    return examples
      .filter(({ sentence }) => foldOf(sentence) === fold)
      .map(({ sentence, read }) => ({ ...sentence, said: lookedAt(read, model).status }));
  }).flat();
}

const isCrisis = ({ said }: JudgedSentence) => said === 'crisis';
const isFound = ({ said }: JudgedSentence) => said !== 'ok';

function share(of: readonly JudgedSentence[], has: (one: JudgedSentence) => boolean): number {
  return Number((of.filter(has).length / Math.max(1, of.length)).toFixed(4));
}

/** The share in the language in which it is highest. */
function highestShare(of: readonly JudgedSentence[], has: (one: JudgedSentence) => boolean): number {
  const languages = new Set(of.map(({ language }) => language));
  return Math.max(
    ...[...languages].map((own) =>
      share(
        of.filter(({ language }) => language === own),
        has,
      ),
    ),
  );
}

/** Hard sentences: neither those that the rules were written with, nor everyday ones. */
export const isHard = (one: LabelledSentence): boolean => !TEMPLATED.test(one.id) && !isEveryday(one);

/** What is recorded beside the weights: how many of the crises are found by a model that has not seen them, and of the harmless taken for one. */
export function figuresOf(said: readonly JudgedSentence[]): ModelFile['crossed'] {
  const written = said.filter(isHard);
  const everyday = said.filter(isEveryday);
  const crises = written.filter(({ status }) => status === 'crisis');
  const harmless = written.filter(({ status }) => status === 'ok');
  return {
    sentences: written.length,
    crises: share(crises, isCrisis),
    helped: share(crises, isFound),
    alarms: share(harmless, isCrisis),
    found: share(harmless, isFound),
    everyday: everyday.length,
    everydayAlarms: highestShare(everyday, isCrisis),
    everydayFound: highestShare(everyday, isFound),
  };
}
