import fc from 'fast-check';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, describe, expect, test } from 'vitest';
import { countBounded } from '#platform/texts';
import { createOpenAISandbox } from '#sandbox/openai';
import { assertWithin } from '@plinth/testkit/property';
import { picturesIn } from '../endpoint/fields.ts';
import { createPrices, type Price } from './prices.ts';
import { imagePart, jpeg, png } from '@plinth/testkit/fixtures/ai/pictures';
import { finely } from './token-texts.ts';
import { createTokenCounter, inputTokens } from './tokens.ts';
import { CHAT } from '../dialects/chat.ts';
import { keptText, readWire, type WireRequest } from '../wire.ts';

const prices = createPrices();
// However busy the machine is: here a count is waited for.
const counter = createTokenCounter({ timers: { after: () => () => {} } });
const sandbox = await createOpenAISandbox();
afterAll(async () => {
  await Promise.all([counter.close(), sandbox.close()]);
});

function priceOf(name: string): Price {
  const [provider = '', model = ''] = name.split('/');
  const price = prices.of(provider, model);
  if (price === undefined) throw new Error(`no price: ${name}`);
  return price;
}

const GPT = priceOf('openai/gpt-4.1');
const SANDBOX = priceOf('sandbox/sandbox-large');

interface ChatMessage {
  readonly role: string;
  readonly content: unknown;
}

function wireOf(messages: readonly ChatMessage[], more: object = {}): WireRequest {
  const text = JSON.stringify({ model: 'sandbox-large', messages, max_tokens: 1, ...more });
  return { ...readWire(CHAT, text), pictures: picturesIn(messages) };
}

async function withCount(wire: WireRequest): Promise<WireRequest> {
  return { ...wire, counted: await counter.count(wire) };
}

/** Tokens that the sandbox bills for the input, by a rule of its own. */
async function billedTokens(wire: WireRequest): Promise<number> {
  const response = await fetch(`${sandbox.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sandbox.apiKey}`, 'content-type': 'application/json' },
    body: `{"model":"sandbox-large","max_tokens":1,${keptText(wire)}}`,
  });
  const answer = (await response.json()) as { usage?: { prompt_tokens: number } };
  if (answer.usage === undefined) throw new Error(JSON.stringify(answer));
  return answer.usage.prompt_tokens;
}

/** OpenAI's cookbook, to the letter: 3 a message, its role and its text, and 3 for the reply. */
function byTheCookbook(messages: readonly ChatMessage[]): number {
  const text = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };
  const tokens = (words: unknown): number => encode(String(words), text).length;
  return messages.reduce((sum, { role, content }) => sum + 3 + tokens(role) + tokens(content), 3);
}

const SAMPLES = [
  'The quick brown fox jumps over the lazy dog. ',
  'Die Donaudampfschifffahrtsgesellschaft fährt heute nicht, schön wär’s gewesen. ',
  'Съешь ещё этих мягких французских булок, да выпей же чаю. ',
  '天地玄黃，宇宙洪荒。日月盈昃，辰宿列張。',
  'いろはにほへと ちりぬるを わかよたれそ つねならむ',
  'نص حكيم له سر قاطع وذو شأن عظيم مكتوب على ثوب أخضر ',
  '키스의 고유조건은 입술끼리 만나야 하고 ',
  'ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण ',
  'export const sum = (a: number[]): number =>\n  a.reduce((x, y) => x + y, 0); // {}[]()\n',
  '{"a":[1,2,{"b":"\\n\\t\\"quoted\\""}],"c":null}\n',
  Buffer.from(Array.from({ length: 90 }, (_, at) => (at * 7_919 + at * at) % 256)).toString('base64'),
  '👩‍👩‍👧‍👦🏳️‍🌈🎉🤷🏽‍♀️ ',
  '<|endoftext|><|im_start|>',
  '================================',
  '3.14159265358979323846 2026-11-21T06:00:00Z 0xdeadbeef ',
  '          \n\n\n\t\t\t',
] as const;

const aText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...SAMPLES),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc
        .tuple(fc.constantFrom('a', 'ab', '=', ' ', '好', '\n'), fc.integer({ min: 1, max: 700 }))
        .map(([unit, times]) => unit.repeat(times)),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => parts.join(''))
  .filter((text) => text.isWellFormed());

const tokensIn = (part: string): number => encode(part).length;

const showing = (part: object): WireRequest =>
  wireOf([{ role: 'user', content: [{ type: 'text', text: 'What is this?' }, part] }]);

/** Tokens that a picture counts as at a model. */
function picture(name: string, part: object): number {
  const price = priceOf(name);
  const wire = showing(part);
  const bytes = wire.pictures.reduce((sum, one) => sum + one.bytes, 0);
  return (
    inputTokens(price, wire) -
    inputTokens(price, { ...wire, pictures: [], inputBytes: wire.inputBytes - bytes })
  );
}

const ofBytes = (bytes: number): number => inputTokens(GPT, showing(imagePart(png(1_024, 1_024, bytes))));

describe('the count of an input', () => {
  test('is never below what OpenAI bills, and at most an eighth and a few tokens above', async () => {
    const property = fc.asyncProperty(fc.array(aText, { minLength: 1, maxLength: 3 }), async (texts) => {
      const messages = texts.map((content) => ({ role: 'user', content }));
      const found = inputTokens(GPT, await withCount(wireOf(messages)));
      const bill = byTheCookbook(messages);
      expect(found).toBeGreaterThanOrEqual(bill);
      expect(found).toBeLessThanOrEqual(bill * 1.125 + 8 * texts.length);
    });
    await assertWithin(property, { numRuns: 60, within: 20_000 });
  });

  test('is never below what the sandbox bills, whose tokenizer is another one', async () => {
    const property = fc.asyncProperty(aText, async (content) => {
      const wire = wireOf([{ role: 'user', content }]);
      expect(inputTokens(SANDBOX, await withCount(wire))).toBeGreaterThanOrEqual(await billedTokens(wire));
    });
    await assertWithin(property, { numRuns: 60, within: 20_000 });
  });

  test('of prose is near it for a tokenizer that nobody has published too', async () => {
    const wire = wireOf([{ role: 'user', content: SAMPLES[0].repeat(200) }]);
    expect(inputTokens(SANDBOX, await withCount(wire)) / (await billedTokens(wire))).toBeLessThan(1.6);
  });

  test('holds tools, schemas and calls, and nothing that is no prompt', async () => {
    const messages = [
      { role: 'user', content: 'What is the weather?' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"at":"Oslo"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'Rain.' },
    ];
    const tools = [
      {
        type: 'function',
        function: { name: 'weather', parameters: { type: 'object', properties: { at: { type: 'string' } } } },
      },
    ];
    const wire = wireOf(messages, { tools });
    expect(inputTokens(SANDBOX, await withCount(wire))).toBeGreaterThanOrEqual(await billedTokens(wire));
    const free = wireOf(messages, { tools, logit_bias: { 1: 5, 2: 5 }, user: 'u'.repeat(500) });
    expect((await withCount(free)).counted).toEqual((await withCount(wire)).counted);
  });

  test('of a text that is long is its bytes from where the time is up', () => {
    let asked = 0;
    const text = 'word '.repeat(20_000);
    const total = countBounded(text, tokensIn, () => (asked += 1) > 1);
    expect(total).toBeGreaterThan(16_384 / 5);
    expect(total).toBeLessThan(text.length);
    expect(countBounded(text, tokensIn, () => true)).toBe(text.length);
  });

  test('hands no long run to the tokenizer, whose time grows with its square', () => {
    const longest: number[] = [];
    const spy = (part: string): number => {
      longest.push(...part.split(/\s/).map(({ length }) => length));
      return 1;
    };
    countBounded(`${'a'.repeat(100_000)} ${'😀'.repeat(5_000)}`, spy, () => false);
    expect(Math.max(...longest)).toBeLessThanOrEqual(257);
  });

  test('splits finely: letters by four, all else one by one', () => {
    expect(finely('token counting')).toBe(2 + 2);
    expect(finely('好=1')).toBe(3);
    expect(finely('    ')).toBe(1);
  });
});

describe('the count of pictures', () => {
  test.each([
    ['a small PNG', imagePart(png(64, 64))],
    ['a large PNG', imagePart(png(4_096, 8_192))],
    ['a panorama', imagePart(png(9_000, 300))],
    ['a photograph, its size behind its EXIF', imagePart(jpeg(3_024, 4_032, 60_000))],
    ['one in low detail', imagePart(jpeg(3_024, 4_032), 'low')],
    ['one that lies elsewhere', imagePart('https://pictures.example/cat.png')],
    ['one that is none', imagePart(Buffer.from('not a picture'))],
  ])('is never below what is billed: %s', async (_what, part) => {
    const wire = showing(part);
    expect(inputTokens(SANDBOX, await withCount(wire))).toBeGreaterThanOrEqual(await billedTokens(wire));
  });

  test('follows the examples of OpenAI’s guide', () => {
    for (const [name, part, guide] of [
      ['openai/gpt-4o', imagePart(png(1_024, 1_024)), 765],
      ['openai/gpt-4o', imagePart(png(2_048, 4_096)), 1_105],
      ['openai/gpt-4o', imagePart(png(4_096, 8_192), 'low'), 85],
      ['openai/gpt-4.1-mini', imagePart(png(1_024, 1_024)), Math.ceil(1_024 * 1.62)],
      ['openai/gpt-4.1-mini', imagePart(png(9_000, 9_000)), Math.ceil(1_536 * 1.62)],
      ['anthropic/claude-haiku-4-5', imagePart(png(1_000, 1_000)), 1_334],
    ] as const)
      expect(picture(name, part)).toBe(guide);
  });

  test('takes their bytes for no text: two megabytes cost what two kilobytes do', () => {
    expect(ofBytes(2_000_000)).toBe(ofBytes(2_000));
    expect(ofBytes(2_000_000)).toBeLessThan(1_200);
  });
});
