import { describe, expect, test } from 'vitest';
import { diffScopes } from './diff.ts';
import type { Snapshot } from './snapshot.ts';

const scope = (contents: readonly string[]): Snapshot => ({
  title: 'A shop',
  client_name: null,
  status: 'draft',
  summary: '',
  currency: 'USD',
  project_id: null,
  confidence: null,
  sections: contents.map((content, at) => ({
    id: `section ${at}`,
    type: 'other',
    title: 'Part',
    content,
    fields: { dates: [], durations: [], money: [] },
    confidence: null,
    citations: null,
  })),
});

const repeat = (count: number, content: string) => Array.from({ length: count }, () => content);

describe('a diff of two of the longest scopes', () => {
  test('compares line by line as far as it may take, and then shows one text in place of the other', () => {
    // A thousand lines each, every second unchanged: a million pairs in a section.
    const before = Array.from({ length: 999 }, (_, n) => `${n}`).join('\n');
    const after = Array.from({ length: 999 }, (_, n) => (n % 2 === 0 ? `${n}` : `new ${n}`)).join('\n');
    const { sections } = diffScopes(scope(repeat(200, before)), scope(repeat(200, after)));
    // Two lines before what differs and two after it are told in any case.
    const compared = sections.map(({ lines }) => lines.filter(({ op }) => op === 'same').length > 4);
    expect(compared.slice(0, 5)).toEqual([true, true, true, true, false]);
    expect(compared.slice(5)).not.toContain(true);
  });

  test('shows ten thousand lines, and says how many more there are', () => {
    const { sections } = diffScopes(scope(repeat(8, '\n'.repeat(49_999))), scope(repeat(8, 'x')));
    const shown = sections.map(({ lines, lines_left_out: left }) => [lines.length, left]);
    expect(shown.slice(0, 2)).toEqual([
      [10_000, 40_001],
      [0, 50_001],
    ]);
    expect(sections.every(({ change }) => change === 'changed')).toBe(true);
  });

  test('shows all of the text where that is in lines of some length', () => {
    const line = (letter: string) => repeat(400, letter.repeat(99)).join('\n');
    const { sections } = diffScopes(scope(repeat(10, line('a'))), scope(repeat(10, line('b'))));
    expect(sections.map(({ lines, lines_left_out: left }) => [lines.length, left])).toEqual(
      repeat(10, '').map(() => [800, 0]),
    );
  });

  test('shows no more characters than a reader can be sent', () => {
    const { sections } = diffScopes(scope(repeat(100, 'a'.repeat(50_000))), scope(repeat(100, 'b')));
    const shown = sections.flatMap(({ lines }) => lines).reduce((sum, { text }) => sum + text.length, 0);
    expect(shown).toBeLessThanOrEqual(1_000_000);
    expect(sections.at(-1)).toMatchObject({ lines: [], lines_left_out: 2 });
  });
});
