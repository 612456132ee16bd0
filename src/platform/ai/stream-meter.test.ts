import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StreamMeter } from './stream-meter.ts';
import { delta, streamEvent } from './testing/upstream.ts';

const USAGE = streamEvent({
  choices: [],
  usage: { prompt_tokens: 12, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 4 } },
});
const DONE = 'data: [DONE]\n\n';
const hostile = 'say "usage":{"prompt_tokens":1} and \n\n data: [DONE] \r\n\r\n';

function pass(parts: readonly Buffer[], wanted: boolean): { text: string; meter: StreamMeter } {
  const meter = new StreamMeter({ wanted });
  const passed = parts.map((part) => meter.push(part)?.toString('utf8') ?? '');
  return { text: passed.join('') + (meter.flush()?.toString('utf8') ?? ''), meter };
}

/** Cuts a text at any bytes, also within a character. */
function cut(text: string, places: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const ends = [...new Set(places.map((place) => place % bytes.length)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

describe('however the network cuts a stream', () => {
  const words = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant(hostile)), { maxLength: 8 });
  const places = fc.array(fc.nat(), { maxLength: 20 });
  const newline = fc.constantFrom('\n', '\r\n');

  test('all of it is passed on, less the usage event, and its usage is read', () => {
    fc.assert(
      fc.property(words, places, fc.tuple(newline, fc.boolean()), (texts, at, [line, wanted]) => {
        const ended = (text: string): string => text.replaceAll('\n', line);
        const shown = texts.map((text) => ended(delta(text))).join('');
        const { text, meter } = pass(cut(shown + ended(USAGE) + ended(DONE), at), wanted);
        expect(text).toBe(shown + (wanted ? ended(USAGE) : '') + ended(DONE));
        expect(meter.usage).toMatchObject({ promptTokens: 12, completionTokens: 3, cachedTokens: 4 });
      }),
    );
  });

  test('nothing is held back that is complete', () => {
    fc.assert(
      fc.property(words, (texts) => {
        const meter = new StreamMeter({ wanted: false });
        return texts.every((text) => meter.push(Buffer.from(delta(text)))?.toString('utf8') === delta(text));
      }),
    );
  });
});

test('usage that comes with the last words is read, and the words are passed on', () => {
  const last = streamEvent({
    choices: [{ index: 0, delta: { content: 'bye' } }],
    usage: { prompt_tokens: 5, completion_tokens: 2 },
  });
  const { text, meter } = pass([Buffer.from(delta('hi') + last + DONE)], false);
  expect(text).toBe(delta('hi') + last + DONE);
  expect(meter.usage?.completionTokens).toBe(2);
});

test('an empty usage in every event is not usage', () => {
  const event = streamEvent({ choices: [{ index: 0, delta: { content: 'x' } }], usage: null });
  const { text, meter } = pass([Buffer.from(event + event + DONE)], false);
  expect(text).toBe(event + event + DONE);
  expect(meter.usage).toBeUndefined();
});

test('an event without end is not held for ever', () => {
  const meter = new StreamMeter({ wanted: false });
  let passed = 0;
  for (let part = 0; part < 100; part += 1) passed += meter.push(Buffer.alloc(10_000, 'x'))?.length ?? 0;
  expect(passed).toBeGreaterThan(900_000);
});

test.each([
  ['figures below zero', { prompt_tokens: -1, completion_tokens: 1 }],
  ['figures that no model reaches', { prompt_tokens: 1e15, completion_tokens: 1 }],
  ['zeros', { prompt_tokens: 0, completion_tokens: 0 }],
  ['words', { prompt_tokens: '12', completion_tokens: 1 }],
])('usage of %s is none', (_what, usage) => {
  const { meter } = pass([Buffer.from(delta('hi') + streamEvent({ choices: [], usage }) + DONE)], false);
  expect(meter.usage).toBeUndefined();
  expect(meter.shownTokens).toBeGreaterThan(0);
});
