import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHAT } from './chat.ts';
import { type Look, lookOver } from './look.ts';

function look(text: string): Look {
  const event = Buffer.from(text);
  return lookOver(CHAT.names, event, { from: 0, to: event.length });
}

const event = (answer: object) => `data: ${JSON.stringify(answer)}\n\n`;
const bytesOf = (text: string) => Buffer.byteLength(JSON.stringify(text)) - 2;
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '"usage":{',
    '\\',
    '"content":"x"',
    'ends in \\"error',
    '{"finish_reason":"stop"}',
    'error',
  ),
);

test('words are counted in every dialect, whatever they are, thoughts under two names once', () => {
  fc.assert(
    fc.property(fc.tuple(text, text, text, text), ([content, refusal, thoughts, named]) => {
      const delta = { content, refusal, reasoning_content: thoughts, reasoning: named };
      const said = look(event({ choices: [{ index: 0, delta, finish_reason: null }] }));
      const most = Math.max(bytesOf(thoughts), bytesOf(named));
      expect(said.shownBytes).toBe(bytesOf(content) + bytesOf(refusal) + most);
      expect(said.finished).toBe(0);
    }),
  );
});

test('arguments of tools are words, and the parts of a list count where there is nothing else', () => {
  const call = { index: 0, function: { name: 'x', arguments: '{"a":1}' } };
  expect(look(event({ choices: [{ delta: { tool_calls: [call] } }] })).shownBytes).toBe(bytesOf('{"a":1}'));
  const parts = [{ type: 'text', text: 'four' }];
  expect(look(event({ choices: [{ delta: { content: parts } }] })).shownBytes).toBe(4);
});

test('each reply that says why it ended is counted', () => {
  const ended = { delta: {}, finish_reason: 'stop' };
  expect(look(event({ choices: [ended, { ...ended, finish_reason: null }, ended] })).finished).toBe(2);
  expect(look('data: {"finish_reason" : ""}\n\n').finished).toBe(0);
});

test.each([
  ['usage', event({ choices: [], usage: { prompt_tokens: 1 } }), true],
  ['usage that is null', event({ choices: [], usage: null }), false],
  [
    'a first usage that is told and a second that is null',
    event({ x_groq: { usage: { a: 1 } }, usage: null }),
    true,
  ],
  ['usage deep within', event({ x: { y: [{ usage: {} }] } }), true],
  ['usage after a space', 'data: {"usage": {"prompt_tokens":1}}\n\n', true],
  ['an error', event({ error: { message: 'no' } }), true],
  ['an error of words', event({ error: 'no' }), true],
  ['an error that is null', event({ error: null }), false],
  ['an error behind one that is null', event({ choices: [{ error: null }], error: { message: 'no' } }), true],
  ['a reply that failed', event({ choices: [{ delta: {}, finish_reason: 'error' }] }), true],
  ['a reply that ended', event({ choices: [{ delta: {}, finish_reason: 'stop' }] }), false],
  ['a status of MiniMax', event({ base_resp: { status_code: 1 } }), true],
  ['nothing of that', event({ choices: [{ delta: { content: 'usage' } }] }), false],
  ['usage within words', event({ choices: [{ delta: { content: '"usage":{"prompt_tokens":1}' } }] }), false],
])('an event with %s is parsed or not', (_, said, expected) => {
  expect(look(said).mayTell).toBe(expected);
});

test('what stands behind an event is not of it, and a text that has no end is no words', () => {
  const two = Buffer.from(event({ content: 'one' }) + event({ usage: {}, content: 'more' }));
  const end = two.indexOf('\n\n') + 2;
  expect(lookOver(CHAT.names, two, { from: 0, to: end })).toMatchObject({
    shownBytes: 3,
    finished: 0,
    mayTell: false,
  });
  expect(lookOver(CHAT.names, two, { from: end, to: two.length })).toMatchObject({
    shownBytes: 4,
    finished: 0,
    mayTell: true,
  });
  expect(look('data: {"content":"half\n\n').shownBytes).toBe(0);
});
