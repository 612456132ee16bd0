import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StreamMeter } from './stream-meter.ts';
import { delta, streamEvent } from '@plinth/testkit/fixtures/ai/upstream';

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
function cut(text: string, positions: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const ends = [...new Set(positions.map((position) => position % bytes.length)), bytes.length].sort(
    (a, b) => a - b,
  );
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

describe('however the network cuts a stream', () => {
  const words = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant(hostile)), { maxLength: 8 });
  const positions = fc.array(fc.nat(), { maxLength: 20 });
  const newline = fc.constantFrom('\n', '\r\n');

  test('all of it is passed on, less the usage event, and its usage is read', () => {
    fc.assert(
      fc.property(words, positions, fc.tuple(newline, fc.boolean()), (texts, at, [line, wanted]) => {
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

test('an event without end is not held for ever: the answer is broken, and none of it is passed on', () => {
  const meter = new StreamMeter({ wanted: false });
  const parts = Array.from({ length: 500 }, () => meter.push(Buffer.alloc(10_000, 'x')));
  expect(parts.every((part) => part === undefined)).toBe(true);
  expect(meter.push(Buffer.from(`x\n\n${delta('hi')}`))?.toString()).toBe(delta('hi'));
  expect(meter).toMatchObject({ failure: {}, wholeBytes: 0, isComplete: false });
});

const inParts = (text: string) =>
  Array.from({ length: 40 }, (_, nth) =>
    Buffer.from(text.slice((nth * text.length) / 40, ((nth + 1) * text.length) / 40)),
  );

const said = (index: number, of: object) => streamEvent({ choices: [{ index, delta: of }] });

test.each([3, 3_000, 1_000_000])('an event is looked into however long it is: padded by %i', (size) => {
  const pad = 'x'.repeat(size);
  const usage = streamEvent({
    choices: [],
    citations: [pad],
    usage: { prompt_tokens: 20, completion_tokens: 5 },
  });
  const error = streamEvent({ error: { message: `sk-secret ${pad}` } });
  const junk = `data: {"choices": ${pad}\n\n`;
  expect(pass(inParts(delta('hi') + usage + DONE), true).meter.usage).toMatchObject({ completionTokens: 5 });
  for (const broken of [error, junk]) {
    const { text, meter } = pass(inParts(delta('hi') + broken), false);
    expect(text).toBe(delta('hi'));
    expect(meter.failure).toBeDefined();
  }
});

test.each([
  ['an error', { error: { code: 502, message: 'Provider disconnected' } }],
  ['a reply that failed', { choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }] }],
])('%s is no end: the [DONE] behind it is not passed on', (_, event) => {
  const { text, meter } = pass([Buffer.from(delta('hi') + streamEvent(event)), Buffer.from(DONE)], false);
  expect(text).toBe(delta('hi'));
  expect(meter).toMatchObject({ isDone: true, isComplete: false });
});

test('after [DONE] nothing is passed on, or believed', () => {
  const { text, meter } = pass([Buffer.from(delta('hi') + DONE + delta('more')), Buffer.from(USAGE)], false);
  expect(text).toBe(delta('hi') + DONE);
  expect(meter.usage).toBeUndefined();
});

const call = (args: string) => ({
  tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: args } }],
});

test('words are those of each reply, its thoughts under one name, and what it calls', () => {
  const events = [
    said(0, { role: 'assistant', content: 'Gu' }),
    said(1, { reasoning: 'hm', reasoning_content: 'hm' }),
    said(0, { content: 'ten Tag' }),
    said(1, call('{"a":')),
    said(1, call('1}')),
  ];
  const { meter } = pass([Buffer.from(events.join('') + DONE)], false);
  expect(meter.shown?.split('\n').toSorted()).toEqual(['Guten Tag', 'hm', '{"a":1}'].toSorted());
});

test.each([
  ['figures below zero', { prompt_tokens: -1, completion_tokens: 1 }],
  ['figures that no model reaches', { prompt_tokens: 1e15, completion_tokens: 1 }],
  ['zeros', { prompt_tokens: 0, completion_tokens: 0 }],
  ['words', { prompt_tokens: 'twelve', completion_tokens: 1 }],
])('usage of %s is none', (_what, usage) => {
  const { meter } = pass([Buffer.from(delta('hi') + streamEvent({ choices: [], usage }) + DONE)], false);
  expect(meter.usage).toBeUndefined();
  expect(meter.shownTokens).toBeGreaterThan(0);
});

const figures = (prompt_tokens: number, completion_tokens: number) => ({ prompt_tokens, completion_tokens });
const words = (count: number, usage?: (word: number) => object): string[] =>
  Array.from({ length: count }, (_, word) => {
    const choices = [{ index: 0, delta: { content: 'word ' }, finish_reason: null }];
    return streamEvent({ choices, ...(usage === undefined ? {} : { usage: usage(word + 1) }) });
  });
const end = (choice: object = {}, more: object = {}) =>
  streamEvent({ choices: [{ index: 0, delta: {}, finish_reason: 'stop', ...choice }], ...more });
const first = (usage: object) =>
  streamEvent({ choices: [{ index: 0, delta: { role: 'assistant', content: '' } }], usage });

/** Where providers put the usage of a stream of 20 words: 12 tokens of input, 20 of answer. */
const SHAPES: Readonly<Record<string, readonly string[]>> = {
  'in an event of its own': [...words(20), end(), streamEvent({ choices: [], usage: figures(12, 20) })],
  'in the last event': [...words(20), end({}, { usage: figures(12, 20) })],
  'in the choice of the last event': [...words(20), end({ usage: figures(12, 20) })],
  'in x_groq of the last event': [...words(20), end({}, { x_groq: { usage: figures(12, 20) } })],
  'in the first event': [first(figures(12, 20)), ...words(20), end()],
  'in the first event, alone in it': [
    streamEvent({ choices: [], usage: figures(12, 20) }),
    ...words(20),
    end(),
  ],
  'in each event, of the answer so far': [
    ...words(20, (word) => figures(12, word)),
    end({}, { usage: figures(12, 20) }),
  ],
  'as texts': [...words(20), end({}, { usage: { prompt_tokens: '12', completion_tokens: '20' } })],
  'in halves': [first(figures(12, 1)), ...words(20), end({}, { usage: { completion_tokens: 20 } })],
  'in halves, each with a nothing': [first(figures(12, 0)), ...words(20), end({}, { usage: figures(0, 20) })],
};

describe.each(Object.entries(SHAPES))('usage that a provider puts %s', (_where, events) => {
  test('is read, however the network cuts the stream', () => {
    const text = events.join('') + DONE;
    for (const parts of [[Buffer.from(text)], inParts(text)])
      expect(pass(parts, false).meter.usage).toMatchObject({ promptTokens: 12, completionTokens: 20 });
  });
});

test('figures of an answer so far are those of a stream that breaks off', () => {
  const { meter } = pass([Buffer.from(words(11, (word) => figures(12, word)).join(''))], false);
  expect(meter.progress).toMatchObject({ promptTokens: 12, completionTokens: 11 });
});

test('figures of the first word are not those of twenty: the input is known, and the answer is counted', () => {
  const { meter } = pass([Buffer.from([first(figures(12, 1)), ...words(20), end(), DONE].join(''))], false);
  expect(meter).toMatchObject({ usage: undefined, isComplete: true, input: { promptTokens: 12 } });
});
