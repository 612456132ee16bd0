import { countTokens } from '#platform/texts';
import { expect, test } from 'vitest';
import { contextAsMarkdown } from './markdown.ts';
import type { ContextTurn } from './service.ts';

const source: ContextTurn['source'] = {
  sessionId: '0190d5a4-7a3e-7000-8000-000000000001',
  sessionTitle: null,
  level: 'private',
  authorId: '0190d5a4-7a3e-7000-8000-000000000002',
  role: 'user',
  clientId: '1',
};

test('turns are quoted from the first on while they fit, and each is read once', async () => {
  let reads = 0;
  const turns = Array.from({ length: 60 }, (_, n): ContextTurn => {
    const turn = { id: `${n}`, session: 's', seq: n, speaker: 'Ada', saidAt: new Date(0) };
    const text = `The walrus number ${n} likes its ice.`;
    return {
      turn: Object.defineProperty({ ...turn, text }, 'text', { get: () => ((reads += 1), text) }),
      tokens: 20,
      score: 1,
      why: [],
      source,
    };
  });
  const { markdown, tokens } = await contextAsMarkdown(turns, 200);
  const quoted = markdown.match(/walrus number \d+/g) ?? [];
  expect(quoted).toEqual(quoted.map((_, n) => `walrus number ${n}`));
  expect(quoted.length).toBeGreaterThan(1);
  expect(tokens).toBeLessThanOrEqual(200);
  expect(countTokens(markdown)).toBeLessThanOrEqual(tokens);
  expect(reads).toBe(quoted.length + 1);
  expect(await contextAsMarkdown(turns, 20)).toEqual({ markdown: '', tokens: 0 });
});
