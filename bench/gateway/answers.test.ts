import { expect, test } from 'vitest';
import { eventsOf, type Kind, PLAIN, requestOf, totalsOf, wrongIn } from './answers.ts';

const streamText = (kind: Kind) => Buffer.concat(eventsOf(kind)).toString('utf8');

test('an answer is right when it is whole and has the usage that the upstream told', () => {
  expect(wrongIn({ status: 200, text: PLAIN.toString('utf8') }, 'plain')).toBeUndefined();
  expect(wrongIn({ status: 200, text: streamText('stream') }, 'stream')).toBeUndefined();
  expect(wrongIn({ status: 200, text: streamText('paced') }, 'paced')).toBeUndefined();
});

test('another status, a missing word, another usage and a missing end are all wrong', () => {
  const text = PLAIN.toString('utf8');
  expect(wrongIn({ status: 429, text }, 'plain')).toMatch(/^429/);
  expect(wrongIn({ status: 200, text: text.replace(' word', '') }, 'plain')).toMatch(/characters/);
  expect(
    wrongIn({ status: 200, text: text.replace('"completion_tokens":64', '"completion_tokens":63') }, 'plain'),
  ).toMatch(/usage/);
  expect(wrongIn({ status: 200, text: '' }, 'plain')).toMatch(/^not what was to be read/);
  const events = streamText('stream');
  expect(wrongIn({ status: 200, text: events.replace('data: [DONE]\n\n', '') }, 'stream')).toMatch(
    /does not end/,
  );
  expect(wrongIn({ status: 200, text: events.replace('" word"', '""') }, 'stream')).toMatch(/characters/);
  expect(wrongIn({ status: 200, text: streamText('paced') }, 'stream')).toMatch(/characters/);
});

test('the ledger has to have each call and each token of it', () => {
  expect(totalsOf({ plain: 2, stream: 1, paced: 1 })).toEqual({ calls: 4, prompt: 164, completion: 202 });
});

test('a megabyte of text is a body of a little more, below a mebibyte', () => {
  const { length } = requestOf('plain', 1_000_000);
  expect(length).toBeGreaterThan(1_000_000);
  expect(length).toBeLessThan(1_048_576);
});
