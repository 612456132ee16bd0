import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RepetitionWatch } from './repetition.ts';

/** Characters of a text after which its repetition is noticed, when it comes in such pieces; undefined: never. */
function noticedAfter(text: string, size: number): number | undefined {
  const watch = new RepetitionWatch();
  for (let at = 0; at < text.length; at += size)
    if (watch.push(text.slice(at, at + size))) return Math.min(text.length, at + size);
  return undefined;
}

test.each([
  ['a letter', 'a'],
  ['blanks', ' \n'],
  ['a sentence', 'I will look at your tasks and then tell you what is due. '],
  ['a paragraph', `${Array.from({ length: 160 }, (_, n) => `word${n}`).join(' ')}. `],
])('%s that comes over and over is noticed, however it is cut', (_what, passage) => {
  const text = `You have three tasks. ${passage.repeat(Math.ceil(12_000 / passage.length))}`;
  for (const size of [1, 7, 64, 4_000])
    expect(noticedAfter(text, size)).toBeLessThan(4 * passage.length + 3_000 + size);
});

test('what is no loop goes on: prose, code, a list of 40 lines that begin alike', () => {
  const code = readFileSync(new URL('./agent-run.ts', import.meta.url), 'utf8');
  const list = Array.from({ length: 40 }, (_, n) => `- [ ] Call customer number ${n} about the offer`).join(
    '\n',
  );
  for (const text of [code, list, `${'-'.repeat(400)}\n${'| a | b |\n'.repeat(100)}`])
    expect(noticedAfter(text, 13)).toBeUndefined();
});
