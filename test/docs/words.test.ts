import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../house/source.ts';

/** Words that hide who does what: a reader of the API has to solve such a sentence before using it. */
const RIDDLES = /\bwhoever\b|\bof which\b|\bwhat (?:is|was) (?:said|told|asked)\b|\bstays? so\b/i;

test.each(['openapi.json', 'errors.md', 'config.md'])('%s says who does what', (name) => {
  const lines = readFileSync(join(ROOT, 'docs/generated', name), 'utf8').split('\n');
  expect(lines.filter((line) => RIDDLES.test(line))).toEqual([]);
});
