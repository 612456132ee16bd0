import { expect, test } from 'vitest';
import { createPrices } from '../metering/prices.ts';
import { usageTold } from '../pipe/ledger.ts';
import type { Target } from '../providers/providers.ts';
import { readWire } from '../wire.ts';
import { TRANSCRIPTIONS } from './transcriptions.ts';

const prices = createPrices();
const wire = readWire(TRANSCRIPTIONS, '{}');
const TOKENS = { type: 'tokens', input_tokens: 14, output_tokens: 9, total_tokens: 23 };
const DURATION = { type: 'duration', seconds: 9 };

const figuresFor = (model: string, answer: object) => {
  const price = prices.of('sandbox', model);
  const reading = TRANSCRIPTIONS.readBytes?.(Buffer.from(JSON.stringify(answer)), 'application/json');
  if (price === undefined || reading === undefined) throw new Error('the sandbox hears nothing');
  const usage = usageTold({ wire, target: { price } as Target }, reading);
  return usage && [usage.promptTokens, usage.completionTokens];
};

test.each([
  ['sandbox-transcribe', { text: 'a', usage: TOKENS }, [14, 9]],
  ['sandbox-whisper', { text: 'a', usage: DURATION }, [9, 0]],
  ['sandbox-whisper', { text: '', usage: DURATION }, [9, 0]],
  ['sandbox-whisper', { text: 'a', duration: 8.47 }, [9, 0]],
  ['sandbox-whisper', { text: 'a', duration: '8.470000267028809' }, [9, 0]],
  ['sandbox-whisper', { text: 'a', duration: 8.47, usage: DURATION }, [9, 0]],
  // A usage in the other unit, or none that can be, is none: all that was reserved is charged.
  ['sandbox-whisper', { text: 'a', usage: TOKENS }, undefined],
  ['sandbox-transcribe', { text: 'a', usage: DURATION }, undefined],
  ['sandbox-whisper', { text: 'a', usage: { type: 'duration', seconds: -1 } }, undefined],
  ['sandbox-whisper', { text: 'a', usage: { type: 'duration', seconds: 0 } }, undefined],
  ['sandbox-whisper', { text: 'a' }, undefined],
  ['sandbox-whisper', { error: { message: 'x' }, usage: DURATION }, undefined],
])('%s is charged by %j', (model, answer, figures) => {
  expect(figuresFor(model, answer)).toEqual(figures);
});

test.each([
  ['text/plain; charset=utf-8', '', true],
  ['text/vtt', 'WEBVTT', true],
  ['text/html', '<html>', false],
  ['', 'a', false],
  ['application/json', '{"text":1}', false],
])('%s is a transcript, or none', (type, body, isUsable) => {
  expect(TRANSCRIPTIONS.readBytes?.(Buffer.from(body), type)?.usable).toBe(isUsable);
});
