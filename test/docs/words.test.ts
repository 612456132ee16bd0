import { expect, test } from 'vitest';
import { allRoutes } from '#app';
import { openApiOf } from '#server';
import { readGenerated } from '@plinth/testkit/house/source';

/** Words that hide who does what: a reader of the API has to solve such a sentence before using it. */
const RIDDLES = /\bwhoever\b|\bof which\b|\bwhat (?:is|was) (?:said|told|asked)\b|\bstays? so\b/i;

test.each([
  {
    name: 'openapi.json',
    text: JSON.stringify(openApiOf([{ routes: allRoutes() }], { version: '0' }), null, 1),
  },
  ...['errors.md', 'config.md'].map((name) => ({ name, text: readGenerated(name) })),
])('$name says who does what', ({ text }) => {
  expect(text.split('\n').filter((line) => RIDDLES.test(line))).toEqual([]);
});
