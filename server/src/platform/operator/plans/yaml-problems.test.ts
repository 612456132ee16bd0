import { expect, test } from 'vitest';
import { describeProblem, readPlans } from './read-plans.ts';

const SOUND = `products:
  notes:
    name: Notes
    plans:
      free: { price: free, grants: {} }
`;

test('no mistake of YAML is told in the words of its parser', () => {
  const values = [
    '@a',
    '`a',
    '%a',
    '&a *b',
    '&a &b c',
    '!!str !!int x',
    '| x',
    '[a',
    '{a',
    '"\\q"',
    '"a" b',
    '- a',
    "'a",
  ];
  const lines = [
    'name a',
    'name:a',
    '? [a]\n    : b',
    '%A b',
    `${'k'.repeat(1_100)}: a`,
    '- a',
    '...\na',
    'name: {a: 1 b: 2}',
  ];
  const texts = [...values.map((value) => `name: ${value}`), ...lines].map((line) =>
    SOUND.replace('name: Notes', line),
  );
  const aliases = [
    'a: &a [x, x]',
    ...['ab', 'bc', 'cd', 'de'].map(([of = '', key = '']) => `${key}: &${key} [${`*${of},`.repeat(9)}]`),
  ];
  for (const text of [
    ...texts,
    `${SOUND}---\n${SOUND}`,
    `%FOO\n${SOUND}`,
    '{',
    `{"a": 1} x`,
    aliases.join('\n'),
  ]) {
    const [problem = '', ...more] = readPlans(text).problems.map(describeProblem);
    expect(more).toEqual([]);
    expect(problem).toMatch(/^line \d+, column \d+: [A-Z]/);
    expect(problem).not.toMatch(
      /mapping|scalar|flow|collection|anchor|directive|implicit|alias node|parse|token/i,
    );
  }
});
