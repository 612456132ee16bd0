import { expect, test } from 'vitest';
import { GeminiChatStream } from './from-gemini.ts';

test('a stream that lost an event, because it was too long, can not be read, and is never told as whole', () => {
  const stream = new GeminiChatStream({ model: 'm', now: 0 });
  const end = { candidates: [{ content: { parts: [{ text: 'rotation' }] }, finishReason: 'STOP' }] };
  const lost = `data: {"candidates":[{"content":{"parts":[{"text":"${'a'.repeat(5_000_000)}`;
  const push = () => {
    stream.push(Buffer.from(lost));
    stream.push(Buffer.from(`"}]}}]}\r\n\r\ndata: ${JSON.stringify(end)}\r\n\r\n`));
  };
  expect(push).toThrow('too long');
});
