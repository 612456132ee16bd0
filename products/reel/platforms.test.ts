import { describe, expect, test } from 'vitest';
import { cleanHashtags, isOverLength, postLength } from './platforms.ts';

const post = (body: string) => ({ hook: '', body, cta: '', hashtags: [] });

describe('a post is as long', () => {
  test('as all of its parts with a blank line between them', () => {
    expect(postLength('linkedin', { hook: 'ab', body: 'cd', cta: '', hashtags: ['#e', '#f'] })).toBe(13);
  });

  test.each([
    ['a letter with an accent, in either form, counts once', 'caf\u00e9 cafe\u0301', 9],
    ['a Japanese letter counts twice', '小さな', 6],
    ['an emoji counts twice, whatever it is made of', '👩🏽‍🚀👍', 4],
    ['a link counts 23, whatever its length', 'see https://example.com/a/very/long/path/to/nowhere', 27],
    ['quotation marks and dashes count once', '“a” – ‘b’', 9],
  ])('as X counts it: %s', (_what, body, length) => {
    expect(postLength('x', post(body))).toBe(length);
  });

  test('as YouTube counts it: in bytes', () => {
    expect(postLength('youtube', post('小さな'))).toBe(9);
    expect(isOverLength('youtube', post('小'.repeat(1_667)))).toBe(true);
    expect(isOverLength('linkedin', post('小'.repeat(1_667)))).toBe(false);
  });
});

test('hashtags are made into what platforms read, once each, and no more than the platform takes', () => {
  expect(cleanHashtags('x', ['small teams', '##Small Teams', '2026', '#Größe_2', '#third'])).toEqual([
    '#SmallTeams',
    '#Größe_2',
  ]);
});
