import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { precheck } from './index.ts';

const listed = z.array(z.string());
const framed = Object.values(
  z
    .record(
      z.string(),
      z.object({
        statements: listed,
        others: listed,
        ruled: listed,
        frames: listed,
        harmless: listed,
        days: listed,
        asks: listed,
      }),
    )
    .parse(JSON.parse(readFileSync(new URL('../sentences/framed.json', import.meta.url), 'utf8'))),
);

const capitalize = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);

/** Each of these in each of those. */
const product = (said: readonly string[], frames: readonly string[]) =>
  frames.flatMap((frame) =>
    said.map((one) => frame.replace('{}', frame.startsWith('{}') ? capitalize(one) : one)),
  );

// The others were written without a look at the rules: one in four was missed by then.
test.each(['statements', 'others'] as const)(
  'at least 96 in 100 of 200 direct statements are a crisis in 20 everyday frames: %s',
  (which) => {
    const said = framed.flatMap(({ frames, [which]: statements }) => product(statements, frames));
    expect(said.length).toBe(4_000);
    const missed = said.filter((text) => precheck(text).status !== 'crisis');
    expect(missed.length, missed.slice(0, 50).join('\n')).toBeLessThanOrEqual(160);
  },
);

// Rules alone find these, and no list of direct statements has most of them.
test('what is a crisis alone is none in at most 1 in 100 of 20 everyday frames', () => {
  expect(framed.flatMap(({ ruled }) => ruled).filter((one) => precheck(one).status !== 'crisis')).toEqual([]);
  const said = framed.flatMap(({ frames, ruled }) => product(ruled, frames));
  expect(said.length).toBe(1_600);
  const missed = said.filter((text) => precheck(text).status !== 'crisis');
  expect(missed.length, missed.join('\n')).toBeLessThanOrEqual(16);
});

test('of 1,130 everyday messages at most 3 in 1,000 are a crisis', () => {
  const said = framed.flatMap(({ days, asks }) => product(days, asks));
  expect(said.length).toBe(1_130);
  const alarms = said.filter((text) => precheck(text).status === 'crisis');
  expect(alarms.length, alarms.join('\n')).toBeLessThanOrEqual(3);
});

test.each([
  "I can't live without my toaster but I want to kill myself",
  'I am on the roof repairing the gutter and then I will jump',
  "I don't want to live in this world anymore",
  "I don't want to live on",
  'Ich kann ohne meinen Toaster nicht leben und will mich umbringen',
  'Ich will nicht mehr in dieser Welt leben',
  'Ich möchte nicht mehr am Leben sein',
  'Je ne veux plus vivre dans ce monde',
  "Je suis sur le toit, je répare l'antenne et je vais sauter",
  'No quiero vivir en este mundo',
  'No puedo vivir sin mi tostadora pero quiero matarme',
])('what is everyday hides nothing: %s', (text) => {
  expect(precheck(text).status).toBe('crisis');
});

test('of 200 everyday sentences with the words of direct statements at most 5 are a crisis', () => {
  const harmless = framed.flatMap((one) => one.harmless);
  expect(harmless.length).toBe(200);
  const alarms = harmless.filter((text) => precheck(text).status === 'crisis');
  expect(alarms.length, alarms.join('\n')).toBeLessThanOrEqual(5);
});

test.each([
  'my stepdad touches my little sister',
  'mein Stiefvater fasst meine kleine Schwester an',
  'mon beau-père touche ma petite sœur',
  'mi padrastro toca a mi hermana pequeña',
])('abuse of another child is a concern: %s', (text) => {
  expect(precheck(text)).toMatchObject({ status: 'concern', kinds: ['abuse'] });
});

test.each([
  'no puedo vivir sin mi cafetera',
  'wenn das so weitergeht, springe ich im Dreieck',
  'cette échéance va me tuer',
  'the main character says, I want to die',
  'In my novel the main character says, I want to die',
])('nothing is found in: %s', (text) => {
  expect(precheck(text).status).toBe('ok');
});

test('a plan to commit suicide is a crisis in each of its forms, of one or of several people', () => {
  const forms = [
    'want to',
    'wanna',
    'will',
    'plan to',
    'decided to',
    'need to',
    'intend to',
    'would like to',
  ];
  const going = ['going to', 'gonna', 'about to', 'planning to', 'ready to'];
  const texts = [
    ...['I', 'We'].flatMap((who) => forms.map((form) => `${who} ${form} commit suicide`)),
    ...['I am', "I'm", 'We are', "We're"].flatMap((who) =>
      going.map((form) => `${who} ${form} commit suicide`),
    ),
    'Wir wollen Selbstmord begehen',
    'nous voulons nous suicider',
    'queremos suicidarnos',
  ];
  expect(texts.filter((text) => precheck(text).status !== 'crisis')).toEqual([]);
});

test.each([
  'I am going to commit my changes',
  'I want to kill the process and commit the fix',
  'I am going to commit suicide prevention policy text to git',
])('git is everyday: %s', (text) => {
  expect(precheck(text).status).toBe('ok');
});
