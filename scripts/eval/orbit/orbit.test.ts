import { describe, expect, test } from 'vitest';
import { testApp } from '@plinth/testkit/services/app';
import { evaluateOrbit, reportOfOrbit } from './evaluate.ts';
import { readLabelled } from './labelled.ts';
import { overallOf, scoreOrbit } from './score.ts';

const { url, customer } = await testApp();
const documents = readLabelled(new URL('examples/', import.meta.url));

describe('documents on the sandbox', () => {
  test('give sections whose quotes are all true, and whose dates and amounts are right', async () => {
    const keys = await Promise.all(documents.map(async () => (await customer('orbit.team')).key));
    const score = await evaluateOrbit({ url, keys }, documents);
    expect(score).toMatchObject({ documents: 2, failures: [], missed: [] });
    for (const { right, of } of [score.citationTruth, score.dates, score.money, score.sectionRecall]) {
      expect(of).toBeGreaterThan(0);
      expect(right).toBe(of);
    }
    expect(overallOf(score, false)).toBe(1);
    expect(reportOfOrbit(score, false)).toContain('says nothing of any model');
  });
});

describe('the score', () => {
  const [labelled] = documents;
  const readingOf = (quote: string, page: number) => ({
    labelled:
      labelled ??
      (() => {
        throw new Error('there is no example');
      })(),
    sections: [
      {
        type: 'budget',
        title: 'Budget',
        content: '',
        citations: [{ document_id: 'a', page, quote }],
        fields: { dates: [], money: [] },
      },
    ],
  });

  test('strikes out a quote that stands on another page, or nowhere', () => {
    expect(scoreOrbit([readingOf('The total budget is $40,000, net 30.', 2)]).citationTruth).toEqual({
      right: 1,
      of: 1,
    });
    expect(scoreOrbit([readingOf('The total budget is $40,000, net 30.', 1)]).citationTruth).toEqual({
      right: 0,
      of: 1,
    });
    expect(scoreOrbit([readingOf('The total budget is $90,000.', 2)]).citationTruth).toEqual({
      right: 0,
      of: 1,
    });
  });

  test('names the sections that were not made', () => {
    const score = scoreOrbit([readingOf('The total budget is $40,000, net 30.', 2)]);
    expect(score.sectionRecall).toEqual({ right: 1, of: 6 });
    expect(score.missed).toHaveLength(5);
  });
});
