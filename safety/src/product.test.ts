import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { precheck } from './index.ts';

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));

const framed = z
  .record(z.string(), z.object({ statements: z.array(z.string()) }))
  .parse(read('../sentences/framed.json'));

const classes = z.record(z.string(), z.array(z.string()));
const rulesSchema = z.object({
  classes,
  exceptions: z.array(z.object({ patterns: z.array(z.string()) })),
  fiction: z.array(z.string()),
});
const many = z.array(z.string()).default([]);
const directSchema = z.array(
  z.object({
    language: z.string(),
    classes,
    rules: z.array(
      z.object({ status: z.string(), patterns: z.array(z.string()), unless: many, within: many }),
    ),
  }),
);
const direct = directSchema.parse(read('./direct.json'));

/** The shortest text that a pattern finds, by the first of its alternatives. */
function textOf(pattern: string, of: z.infer<typeof classes>): string {
  const words = pattern.split(/ +/).filter((item) => !item.startsWith('~') && !item.endsWith('?'));
  return words
    .map((item) => {
      const [first = ''] = item.split('|');
      if (first.startsWith('@')) return textOf(of[first.slice(1)]?.[0] ?? '', of);
      return first.replaceAll('_', ' ').replace('*', '');
    })
    .join(' ');
}

/** One text of each exception, of each word that makes a statement harmless, and of each kind of fiction. */
function exceptionsOf(language: string): string[] {
  const rules = rulesSchema.parse(read(`./rules/${language}.json`));
  const own = direct.filter((one) => one.language === language);
  const patterns = [...rules.exceptions.flatMap((one) => one.patterns), ...rules.fiction];
  const texts = [
    ...patterns.map((pattern) => textOf(pattern, rules.classes)),
    ...own.flatMap((one) =>
      one.rules
        .filter(({ status }) => status !== 'ok')
        .flatMap(({ unless, within }) => [
          ...unless.flatMap((pattern) => pattern.split('|')).map((word) => word.replaceAll('_', ' ')),
          ...within.map((pattern) => textOf(pattern, one.classes)),
        ]),
    ),
  ];
  return [...new Set(texts)];
}

// Each number may only fall. In one sentence without a pause an idiom may have the statement's own words.
const LANGUAGES = [
  { language: 'en', and: ' and ', but: ' but ', lost: { and: 0, but: 1, comma: 0, sentence: 10 } },
  { language: 'de', and: ' und ', but: ' aber ', lost: { and: 0, but: 0, comma: 0, sentence: 10 } },
  { language: 'fr', and: ' et ', but: ' mais ', lost: { and: 0, but: 0, comma: 0, sentence: 8 } },
  { language: 'es', and: ' y ', but: ' pero ', lost: { and: 0, but: 0, comma: 1, sentence: 4 } },
];

// Each pair stands once: how it is joined, and which of both is first, goes round.
test.each(LANGUAGES)('no exception in a clause beside it hides a direct statement: $language', (joins) => {
  const exceptions = exceptionsOf(joins.language);
  const statements = (framed[joins.language]?.statements ?? []).filter(
    (said) => precheck(said).status === 'crisis',
  );
  const ways = [
    ['comma', ', '],
    ['and', joins.and],
    ['but', joins.but],
    ['sentence', ' '],
  ] as const;
  const lost: Record<(typeof ways)[number][0], string[]> = { and: [], but: [], comma: [], sentence: [] };
  for (const [at, exception] of exceptions.entries())
    for (const [place, said] of statements.entries()) {
      const [way, join] = ways[(at + place) % ways.length] ?? ways[0];
      const pair = (at + Math.floor(place / ways.length)) % 2 === 0 ? [exception, said] : [said, exception];
      const text = pair.join(join);
      if (precheck(text).status !== 'crisis') lost[way].push(text);
    }
  expect(exceptions.length * statements.length).toBeGreaterThan(6_000);
  for (const [way] of ways)
    expect.soft(lost[way].length, lost[way].join('\n')).toBeLessThanOrEqual(joins.lost[way]);
});

// Beside, not within: a comma or `and` stands between both.
test.each(LANGUAGES)(
  'no everyday phrase hides a direct statement beside it: $language',
  ({ language, ...joins }) => {
    const phrases = direct
      .filter((one) => one.language === language)
      .flatMap(({ classes: own, rules }) =>
        rules.flatMap(({ status, patterns }) =>
          status === 'ok' ? patterns.map((pattern) => textOf(pattern, own)) : [],
        ),
      );
    const statements = (framed[language]?.statements ?? []).filter(
      (said, at) => at % 6 === 0 && precheck(said).status === 'crisis',
    );
    const lost = phrases.flatMap((phrase) =>
      statements
        .flatMap((said) => [`${phrase}, ${said}`, `${said}${joins.and}${phrase}`])
        .filter((text) => precheck(text).status !== 'crisis'),
    );
    expect(phrases.length * statements.length).toBeGreaterThan(100);
    expect(lost).toEqual([]);
  },
);
