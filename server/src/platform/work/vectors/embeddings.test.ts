import { describe, expect, test } from 'vitest';
import { cosine, embeddingOf, partsOf, signsOf } from './embeddings.ts';

describe('an embedding', () => {
  test.each([
    ['of one dimension', [1]],
    ['of 2,049 dimensions', Array.from({ length: 2_049 }, () => 1)],
    ['of zeros', [0, 0, -0]],
    ['with a number that is none', [1, Number.NaN]],
    ['without an end', [1, Number.POSITIVE_INFINITY]],
  ])('%s is refused', (_, values) => {
    expect(() => embeddingOf(values)).toThrow(expect.objectContaining({ code: 'vector_invalid' }));
  });

  test.each([
    ['the largest numbers', Number.MAX_VALUE],
    ['the smallest numbers', Number.MIN_VALUE],
  ])('of %s keeps its direction', (_, value) => {
    const query = Float32Array.from(embeddingOf([1, 1, 0, 0]));
    expect(cosine(query, embeddingOf([value, value, 0, 0]))).toBe(1);
    expect(cosine(query, embeddingOf([-value, -value, 0, 0]))).toBe(-1);
    expect(cosine(query, embeddingOf([0, 0, value, 0]))).toBe(0);
  });

  test('has a sign in each dimension, by where the centre is', () => {
    const embedding = embeddingOf([3, -4, 0]);
    expect(signsOf(embedding, undefined)).toBe('100');
    expect(signsOf(embedding, Float32Array.of(0.7, -0.9, -0.1))).toBe('011');
  });
});

test('parts of a search have each id once, and 200,000 numbers at most', () => {
  const all = Array.from({ length: 250 }, (_, n) => `${n}`);
  const parts = partsOf(all, 2_048);
  expect(parts.flat()).toEqual(all);
  expect(parts.map((part) => part.length)).toEqual([97, 97, 56]);
  expect(partsOf([], 2)).toEqual([]);
});
