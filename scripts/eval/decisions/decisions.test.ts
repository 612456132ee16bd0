import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isDecided } from '../../../products/memory/digests/decided.ts';

/** Sentences of people, each with whether it says that something was decided. */
function readHalf(half: 'dev' | 'test') {
  const lines = readFileSync(new URL(`./${half}.txt`, import.meta.url), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => ({ sentence: line.slice(2), label: line.startsWith('+ ') }));
}

test.each(['dev', 'test'] as const)(
  'most sentences that decisions are drawn from say so, in the %s half',
  (half) => {
    const sentences = readHalf(half);
    const drawn = sentences.filter(({ sentence }) => isDecided(sentence, 'user'));
    const right = drawn.filter(({ label }) => label);
    const said = sentences.filter(({ label }) => label);
    expect(right.length / drawn.length).toBeGreaterThanOrEqual(0.8);
    expect(right.length / said.length).toBeGreaterThanOrEqual(0.6);
  },
);
