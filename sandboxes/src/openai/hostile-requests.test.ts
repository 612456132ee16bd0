import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Effort, UnfillableSchema } from './content/effort.ts';
import type { JsonObject } from './content/json.ts';
import { textFor } from './content/pattern.ts';
import { createOpenAISandbox, type OpenAISandbox } from './index.ts';

// The sandbox answers in the process that serves everybody: what one request can make it do, it does to all. No time is measured here.
// Each of these would go on for minutes, for years or until the memory is full, so that the file ends is what it says.

let sandbox: OpenAISandbox;
beforeAll(async () => {
  sandbox = await createOpenAISandbox();
});
afterAll(() => sandbox.close());

const TEXT = { type: 'string' };
const LONG = 'word '.repeat(7_000);

async function compareTimes(schema: JsonObject, content: string): Promise<number> {
  const [hostile, usual] = await Promise.all([
    postCompletion({
      messages: [{ role: 'user', content }],
      response_format: { type: 'json_schema', json_schema: { name: 'hostile', schema } },
    }),
    postCompletion({ messages: [{ role: 'user', content: 'Crop rotation' }] }),
  ]);
  expect(usual.status).toBe(200);
  return hostile.status;
}

async function postCompletion(body: object): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${sandbox.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sandbox-small', ...body }),
  });
  return { status: answer.status, text: await answer.text() };
}

function propertiesOf(count: number, schema: (at: number) => unknown): JsonObject {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, schema(at)]));
}

function list(minItems: number, items: unknown): JsonObject {
  return { type: 'array', minItems, items };
}

function words(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `w${at}`);
}

/** Each is a `$ref` to the next, eight times: 8¹⁰ parts. */
function doublingSchema(): JsonObject {
  const parts = Array.from({ length: 10 }, (_, at) => [
    `d${at}`,
    { allOf: Array.from({ length: 8 }, () => ({ $ref: `#/$defs/d${at + 1}` })) },
  ]);
  return { $ref: '#/$defs/d0', $defs: Object.fromEntries([...parts, ['d10', TEXT]]) };
}

const PATTERNS: readonly [string, string][] = [
  ['.*.*.*.*\\u0001', 'a'.repeat(200)],
  ['^(a+)+$', `${'a'.repeat(60)}-`],
  ['^(\\w+\\s?)*$', `${'word '.repeat(30)}!`],
  ['(x+x+)+y', 'x'.repeat(150)],
  ['(a|aa)+$', `${'a'.repeat(150)}b`],
  ['(?=(a+)+$)a', `${'a'.repeat(60)}-`],
  ['^(a+)\\1+$', `${'a'.repeat(150)}-`],
];

describe('a pattern of a caller', () => {
  test.each(PATTERNS)('%s is answered, and so is everybody else', async (pattern, content) => {
    const properties = propertiesOf(300, () => ({ type: 'string', pattern }));
    expect(await compareTimes({ type: 'object', properties }, `Title: ${content}\n${LONG}`)).toBe(200);
  });

  test('that expands a million times is not run, and gets a short answer', async () => {
    const pattern = '(a{200}){200}'.repeat(70);
    expect(await compareTimes({ type: 'object', properties: { x: { type: 'string', pattern } } }, LONG)).toBe(
      200,
    );
    expect(textFor(pattern, new Effort()).length).toBeLessThan(11_000);
  });

  test('of great length is refused', async () => {
    const schema = { type: 'object', properties: { x: { type: 'string', pattern: 'a?'.repeat(100_000) } } };
    expect(await compareTimes(schema, LONG)).toBe(400);
  });
});

const HOSTILE_SCHEMAS: readonly [string, JsonObject, string, number][] = [
  ['a thousand million items', list(1e9, TEXT), LONG, 400],
  ['a text of a thousand million characters', list(5_000, { type: 'string', minLength: 1e9 }), LONG, 400],
  ['references that double', doublingSchema(), LONG, 400],
  ['a great choice, thousands of times', list(5_000, { enum: words(50_000) }), LONG, 400],
  ['two great choices in one', { allOf: [{ enum: words(100_000) }, { enum: words(100_000) }] }, LONG, 400],
  ['many branches, thousands of times', list(5_000, { anyOf: words(30_000).map(() => TEXT) }), LONG, 400],
  [
    'many properties, thousands of times',
    list(5_000, { properties: propertiesOf(30_000, () => ({ const: 1 })) }),
    LONG,
    400,
  ],
  ['many required names', list(5_000, { type: 'object', required: words(50_000) }), LONG, 400],
  ['a name of half a megabyte', { properties: { ['n'.repeat(400_000)]: TEXT } }, LONG, 200],
  [
    'looks for thousands of names',
    { properties: propertiesOf(4_000, () => ({ type: 'boolean' })) },
    '1 a '.repeat(8_000),
    200,
  ],
  ['numbers among thousands of numbers', list(4_000, { type: 'number' }), '7 '.repeat(16_000), 200],
  [
    'steps too small to count',
    list(4_000, { type: 'integer', multipleOf: 1e-300, maximum: 1e308 }),
    LONG,
    200,
  ],
  ['a text of quotes', { properties: { title: TEXT } }, `Label: ${'"'.repeat(30_000)}x`, 200],
];

describe('a schema of a caller', () => {
  test.each(HOSTILE_SCHEMAS)('with %s is bounded', async (...[, schema, content, status]) => {
    expect(await compareTimes(schema, content)).toBe(status);
  });

  test('spends what it costs over the whole request', () => {
    const effort = new Effort();
    effort.spend(200_000);
    expect(effort.mayAfford(200_000)).toBe(false);
    expect(() => {
      effort.spend(200_000);
    }).toThrow(UnfillableSchema);
  });
});

const tools = (count: number) => words(count).map((name) => ({ type: 'function', function: { name } }));

test('more tools than OpenAI takes are refused, and those that it takes are looked for in one reading of the text', async () => {
  const messages = [{ role: 'user', content: 'word '.repeat(60_000) }];
  expect((await postCompletion({ messages, tools: tools(129) })).status).toBe(400);
  expect((await postCompletion({ messages, tools: tools(128) })).status).toBe(200);
});
