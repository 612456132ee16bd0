import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MODEL_FILE, modelOf, readModelFile } from '../src/model/model.ts';
import { precheck } from '../src/precheck.ts';
import { isEveryday, readHalf } from './labelled.ts';
import { exampleOf, foldOf, inputsDigest, isHard, TEMPLATED, train } from './training.ts';

const sentences = readHalf(join(import.meta.dirname, '../sentences/dev'));
const mean = (all: readonly number[]) => all.reduce((sum, one) => sum + one, 0) / all.length;
const share = (part: number, of: number) => part / Math.max(1, of);

test('the dev half is as large and as mixed as it is said to be', () => {
  expect(sentences.length).toBeGreaterThanOrEqual(15_000);
  expect(new Set(sentences.map(({ language }) => language))).toEqual(
    new Set(['en', 'es', 'de', 'fr', 'mixed']),
  );
  const hard = sentences.filter((one) => !isEveryday(one));
  const long = hard.filter(({ text }) => text.split(/\s+/).length > 40);
  expect(share(long.length, hard.length)).toBeGreaterThan(0.3);
  expect(new Set(sentences.map(({ id }) => id)).size).toBe(sentences.length);
});

/** `of` the crises that are found as such, or are shown help at least, and of the harmless sentences that are taken for one. */
function countFindings(of: typeof sentences): { crises: number; helped: number; alarms: number } {
  const said = of.map((one) => ({ ...one, said: precheck(one.text).status }));
  const crises = said.filter(({ status }) => status === 'crisis');
  const harmless = said.filter(({ status }) => status === 'ok');
  return {
    crises: share(crises.filter((one) => one.said === 'crisis').length, crises.length),
    helped: share(crises.filter((one) => one.said !== 'ok').length, crises.length),
    alarms: share(harmless.filter((one) => one.said === 'crisis').length, harmless.length),
  };
}

test('the rules find what they found of it when they were written', () => {
  const { crises, alarms } = countFindings(sentences.filter(({ id }) => TEMPLATED.test(id)));
  expect(crises).toBeGreaterThan(0.98);
  expect(alarms).toBeLessThan(0.01);
});

// What the model was trained with: what it does with sentences that it has not seen is said below. Twins a clause apart are more than it can learn by heart.
test('of what was written since, the model knows what it has learnt', () => {
  const { crises, helped, alarms } = countFindings(sentences.filter(isHard));
  expect(crises).toBeGreaterThan(0.41);
  expect(helped).toBeGreaterThan(0.82);
  expect(alarms).toBeLessThan(0.025);
});

test('the weights are of these sentences, rules, concepts and settings: else `npm run safety -- --train`', () => {
  expect(readModelFile().inputs).toBe(inputsDigest(sentences.map(exampleOf)));
  expect(readFileSync(MODEL_FILE).length).toBeLessThan(1_000_000);
});

// Far below what is wanted (docs/safety.md): these may only rise, and fall.
test('of families that a model has not seen it finds no less than it did', () => {
  const { crossed } = readModelFile();
  expect(crossed.sentences).toBe(sentences.filter(isHard).length);
  expect(crossed.everyday).toBe(sentences.filter(isEveryday).length);
  expect(crossed.crises).toBeGreaterThan(0.335);
  expect(crossed.helped).toBeGreaterThan(0.696);
  expect(crossed.alarms).toBeLessThan(0.046);
  expect(crossed.found).toBeLessThan(0.197);
  // In the language in which they are most: what is answered in place of the product, and beside it.
  expect(crossed.everydayAlarms).toBeLessThan(0.003);
  expect(crossed.everydayFound).toBeLessThan(0.03);
});

test('a crisis and its harmless twin are told further apart than two sentences of different families', () => {
  // Those of `twins-*.jsonl`: one idea in each family.
  const twins = sentences.filter(({ id }) => /-d3-/.test(id));
  const separationOf = (of: typeof sentences) => {
    const examples = of.map(exampleOf);
    const model = modelOf(train(examples));
    const scoresOf = (wanted: string) =>
      examples
        .filter(({ sentence }) => sentence.status === wanted)
        .map(({ features }) => Math.log(model(features).status.crisis / model(features).status.ok));
    return mean(scoresOf('crisis')) - mean(scoresOf('ok'));
  };
  const alone = twins.map((one) => ({ ...one, family: one.id }));
  expect(separationOf(twins)).toBeGreaterThan(1.05 * separationOf(alone));
});

test('equal sentences give equal weights, and no family is in two folds', () => {
  const examples = sentences.filter((_, at) => at % 100 === 0).map(exampleOf);
  expect(train(examples)).toEqual(train(examples));
  const folds = new Map<string, Set<number>>();
  for (const one of sentences) {
    const family = `${one.id.slice(0, one.id.lastIndexOf('-'))} ${one.family}`;
    folds.set(family, (folds.get(family) ?? new Set()).add(foldOf(one)));
  }
  expect([...folds.values()].filter(({ size }) => size > 1)).toEqual([]);
});
