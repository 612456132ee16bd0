import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHAT } from './dialects/chat.ts';
import { readWire, type WireChange, type WireRequest, writeWire } from './wire.ts';

const change = {
  model: 'real',
  maxTokens: ['max_tokens', 9] as const,
  temperature: undefined,
  identifier: ['safety_identifier', '"hash"'] as const,
  store: true,
  streamUsage: true,
};

const writeText = (wire: WireRequest, how: WireChange): string => writeWire(wire, how).toString('utf8');

const OURS = [
  'model',
  'max_tokens',
  'max_completion_tokens',
  'store',
  'stream',
  'stream_options',
  'safety_identifier',
  'n',
  'service_tier',
];

test('in any body, however it is written, the pipe changes only the fields that it sets, and leaves out null ones', () => {
  const body = fc.dictionary(
    fc.string({ unit: 'binary' }).filter((key) => !OURS.includes(key)),
    fc.jsonValue({ depthSize: 'medium' }),
  );
  fc.assert(
    fc.property(body, fc.constantFrom(undefined, 1, '\t'), fc.boolean(), (fields, space, stream) => {
      const text = ` ${JSON.stringify({ ...fields, model: 'asked', stream, max_tokens: 5, store: true }, undefined, space)} `;
      const sent: unknown = JSON.parse(writeText(readWire(CHAT, text), change));
      expect(sent).toEqual({
        ...set(JSON.parse(JSON.stringify(fields)) as object),
        model: 'real',
        max_tokens: 9,
        safety_identifier: 'hash',
        store: false,
        ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
      });
    }),
  );
});

const set = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));

test('neighbours that stay as they are go out as the bytes that came: spaces, escapes, digits and all', () => {
  const kept = `"messages": [{"content":"${'long '.repeat(40)}\\u00e9 \\"said\\" \\\\"}],\n "seed": 12345678901234567890`;
  const wire = readWire(CHAT, `{"model":"asked", ${kept} ,"max_tokens":5}`);
  expect(writeText(wire, change)).toBe(
    `{"model":"real","max_tokens":9,"safety_identifier":"hash","store":false,${kept} }`,
  );
});

test('other options of a stream are kept when usage is asked for', () => {
  const text = '{"stream":true,"stream_options":{"include_obfuscation":false}}';
  const wire = readWire(CHAT, text);
  expect(wire.wantsUsage).toBe(false);
  expect(JSON.parse(writeText(wire, change))).toMatchObject({
    stream_options: { include_obfuscation: false, include_usage: true },
  });
});

test('the policy gives a temperature only where it is asked for', () => {
  const wire = readWire(CHAT, '{"messages":[]}');
  expect(JSON.parse(writeText(wire, { ...change, temperature: 0.4 }))).toMatchObject({ temperature: 0.4 });
  expect(JSON.parse(writeText(wire, change))).not.toHaveProperty('temperature');
});
