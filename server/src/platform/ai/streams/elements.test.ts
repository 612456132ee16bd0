import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ElementReader } from './elements.ts';
import { StreamText } from './stream-text.ts';
import { delta, streamEvent } from '@plinth/testkit/fixtures/ai/upstream';

/** Reads a text in pieces that end at the given places. */
function readAt(text: string, cuts: readonly number[], list = 'variants'): unknown[] {
  const reader = new ElementReader(list);
  const positions = [0, ...cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b), text.length];
  return positions.slice(1).flatMap((end, index) => reader.push(text.slice(positions[index], end)));
}

const word = fc.string({ unit: 'binary', maxLength: 12 });
const element = fc.oneof(
  fc.record({
    hook: word,
    hashtags: fc.array(word, { maxLength: 3 }),
    more: fc.dictionary(word, fc.jsonValue()),
  }),
  fc.jsonValue(),
);
const cuts = fc.array(fc.nat(10_000), { maxLength: 40 });

describe('the elements of a streamed list', () => {
  test('are those of the whole text, wherever it was cut', () => {
    fc.assert(
      fc.property(
        fc.array(element, { maxLength: 6 }),
        fc.dictionary(word, word),
        cuts,
        (elements, other, at) => {
          const indent = at.length % 3;
          const text = JSON.stringify({ before: other, variants: elements, after: [1, other] }, null, indent);
          expect(readAt(text, at)).toEqual(JSON.parse(JSON.stringify(elements)));
        },
      ),
    );
  });

  test('are handed out with the very character that completes them', () => {
    const reader = new ElementReader('variants');
    expect(reader.push('{"variants": [{"hook":"}]\\"')).toEqual([]);
    expect(reader.push('"}')).toEqual([{ hook: '}]"' }]);
    expect(reader.push(', {"hook":"b"')).toEqual([]);
    expect(reader.push('}]}')).toEqual([{ hook: 'b' }]);
  });

  test.each([
    ['a code block', '```json\n{"variants":[{"a":1},{"a":2}]}\n```'],
    [
      'a sentence before and after',
      'Sure [here] {it} is:\n{"variants" :\n[ {"a":1} , {"a":2} ] } Enjoy, "friend": [3]!',
    ],
    [
      'the schema, said first',
      '{"properties":{"variants":{"type":"array"}},"required":["variants"]}\n{"variants":[{"a":1},{"a":2}]}',
    ],
    ['a word that only looks like the list', '{"note":"\\"variants\\": [{}]","variants":[{"a":1},{"a":2}]}'],
  ])('are found within %s', (_, text) => {
    expect(readAt(text, [])).toEqual([{ a: 1 }, { a: 2 }]);
    expect(
      readAt(
        text,
        Array.from(text, (_character, at) => at),
      ),
    ).toEqual([{ a: 1 }, { a: 2 }]);
  });

  test('that are no JSON are left out, and the next one is found', () => {
    expect(readAt('{"variants":[{"a":1},{a:2},{"a":3},]}', [])).toEqual([{ a: 1 }, { a: 3 }]);
  });

  test('that are not complete are not handed out', () => {
    expect(readAt('{"variants":[{"a":1},{"a":2', [])).toEqual([{ a: 1 }]);
  });

  test('are found under a name of any letters', () => {
    expect(readAt('{"a.b*(":[1],"axb*(":[2]}', [], 'a.b*(')).toEqual([1]);
  });
});

describe('the words of a stream', () => {
  const words = ['{"variants":["', 'naïve 茶 🍵', '\ud83c', '\udf75', '"]}'];
  const bytes = Buffer.from(
    streamEvent({ choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] }) +
      words.map(delta).join('') +
      ': a comment\r\n\r\n' +
      streamEvent({ choices: [], usage: { prompt_tokens: 1 } }) +
      'data: [DONE]\n\n',
  );

  test('are the same wherever its bytes were cut, within a letter too', () => {
    for (let at = 0; at <= bytes.length; at += 1) {
      const text = new StreamText();
      expect(text.push(bytes.subarray(0, at)) + text.push(bytes.subarray(at))).toBe(words.join(''));
      expect(text.isBroken).toBe(false);
    }
  });

  test.each([
    ['an error', streamEvent({ error: { message: 'overloaded' } })],
    ['nonsense', 'data: {"choices":[{"delta":\n\n'],
  ])('end with %s: what comes later may lack a part', (_, event) => {
    const text = new StreamText();
    expect(text.push(Buffer.from(delta('a') + event + delta('b')))).toBe('a');
    expect(text.isBroken).toBe(true);
  });
});
