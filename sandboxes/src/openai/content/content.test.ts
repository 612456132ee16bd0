import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fillSchema } from './fill.ts';
import type { JsonObject } from './json.ts';
import { askedIn } from './material.ts';
import { Author } from './posts.ts';

function createAuthor(text: string, system = 'You write social posts.'): Author {
  return new Author([
    { role: 'system', text: system },
    { role: 'user', text },
  ]);
}

const text = { type: 'string' };
const variant = { hook: text, body: text, cta: text, hashtags: { type: 'array', items: text } };
const VARIANTS = {
  type: 'object',
  required: ['variants'],
  additionalProperties: false,
  properties: {
    variants: {
      type: 'array',
      items: { type: 'object', required: Object.keys(variant), properties: variant },
    },
  },
};

test('labels of the text give numbers, dates, choices and yes or no', () => {
  const order = createAuthor(
    'Topic: Crop rotation\nFee: 1200\nSigned: 2025-03-12\nKind: sale\nConfidential: yes',
  );
  const schema = {
    type: 'object',
    properties: {
      title: text,
      fee: { type: 'number' },
      signed: { type: 'string', format: 'date' },
      kind: { enum: ['lease', 'consulting', 'sale'] },
      confidential: { type: 'boolean' },
      exclusive: { type: 'boolean' },
      contact: { anyOf: [{ type: 'null' }, { type: 'string', format: 'email' }] },
      tags: { type: 'array', items: text, maxItems: 2 },
    },
  };
  expect(fillSchema(schema, order)).toEqual({
    title: 'Crop rotation',
    fee: 1200,
    signed: '2025-03-12',
    kind: 'sale',
    confidential: true,
    exclusive: false,
    contact: 'sandbox@example.com',
    tags: ['Crop', 'rotation'],
  });
});

test('labels of a prompt are no words of a person, and words of a person are no labels', () => {
  const context = 'Context: "{\\"user_profile\\":{\\"name\\":\\"Ada\\"}}"\nPrevious results: "[]"';
  expect(createAuthor(`Message: "Thanks!"\n${context}`).reply(0)).toBe(createAuthor('Thanks!').reply(0));
  expect(createAuthor(`Message: "Feed the cat"\n${context}`).keywords()).toEqual(['Feed', 'cat']);
  const log = 'My import of users fails.\nmessage: could not connect';
  expect(askedIn(log)).toBe(log);

  const lines = ['error: relation users does not exist', 'sources: 7 of us looked at it', 'text: none'];
  const numbered = lines.map((line, n) => `${n + 1} user: ${line}`).join('\n');
  const item = {
    type: 'object',
    properties: { text, sources: { type: 'array', items: { type: 'integer' } } },
  };
  const schema = { type: 'object', properties: { sentences: { type: 'array', items: item } } };
  const author = createAuthor(`Sentences of the session: ${JSON.stringify(numbered)}`);
  expect(fillSchema(schema, author)).toEqual({
    sentences: lines.map((line, n) => ({ text: line, sources: [n + 1] })),
  });
});

test('a schema that stands in the prompt is found', () => {
  const author = createAuthor(
    'Text',
    `Answer as JSON by this schema:\n${JSON.stringify(VARIANTS)}\nNothing else.`,
  );
  expect(author.embeddedSchema()).toEqual(VARIANTS);
});

/** Schemas of the kinds that products send, nested a few deep. */
const schemas = fc.letrec<{
  any: JsonObject;
  leaf: JsonObject;
  object: JsonObject;
  array: JsonObject;
  union: JsonObject;
}>((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('object'), tie('array'), tie('union')),
  leaf: fc.oneof(
    fc.record({ type: fc.constant('string') }),
    fc
      .tuple(fc.nat(40), fc.nat(40))
      .map(([minLength, more]) => ({ type: 'string', minLength, maxLength: minLength + more })),
    fc
      .constantFrom(
        '^[a-z]{2,4}-\\d{3}$',
        '^#\\w+$',
        '^(?:yes|no)$',
        '^[A-Z][a-z]+ [0-9]{4}$',
        '^\\+?[0-9 ]{7,}$',
      )
      .map((pattern) => ({ type: 'string', pattern })),
    fc
      .constantFrom('date', 'date-time', 'email', 'uri', 'uuid', 'ipv4', 'ipv6')
      .map((format) => ({ type: 'string', format })),
    fc
      .tuple(fc.integer({ min: -50, max: 50 }), fc.nat(100))
      .map(([minimum, more]) => ({ type: 'integer', minimum, maximum: minimum + more })),
    fc.integer({ min: -5, max: 5 }).map((exclusiveMinimum) => ({
      type: 'number',
      exclusiveMinimum,
      exclusiveMaximum: exclusiveMinimum + 1,
    })),
    fc.integer({ min: 1, max: 12 }).map((multipleOf) => ({ type: 'integer', minimum: 1, multipleOf })),
    fc.constantFrom('boolean', 'null', 'number', 'integer').map((type) => ({ type })),
    fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 4 }).map((choices) => ({ enum: choices })),
    fc.oneof(fc.string(), fc.integer(), fc.boolean()).map((value) => ({ const: value })),
    fc.constant({ type: ['string', 'null'] }),
  ),
  object: fc
    .dictionary(
      fc.constantFrom('title', 'hook', 'tags', 'date', 'count', 'is_open', 'name', 'id', 'constructor', 'x'),
      tie('any'),
      { maxKeys: 4 },
    )
    .map((properties) => ({
      type: 'object',
      properties,
      required: Object.keys(properties),
      additionalProperties: false,
    })),
  array: fc
    .tuple(tie('any'), fc.nat(3), fc.nat(3))
    .map(([items, minItems, more]) => ({ type: 'array', items, minItems, maxItems: minItems + more })),
  union: fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
}));

describe('schemas', () => {
  test('the answer is valid for any schema and words', () => {
    fc.assert(
      fc.property(schemas.any, fc.string({ maxLength: 200 }), (schema, words) => {
        const made = fillSchema(schema, createAuthor(words));
        const checked = z.fromJSONSchema(JSON.parse(JSON.stringify(schema))).safeParse(made);
        expect(checked.error?.issues ?? []).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('references, combined schemas and recursion end in a valid answer', () => {
    const schema = {
      $defs: {
        node: {
          type: 'object',
          required: ['name', 'children'],
          properties: {
            name: text,
            children: { type: 'array', items: { $ref: '#/$defs/node' } },
            next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
          },
        },
      },
      allOf: [
        { $ref: '#/$defs/node' },
        { properties: { size: { type: 'integer', minimum: 3 } }, required: ['size'] },
      ],
    };
    const made = fillSchema(schema, createAuthor('A tree of small teams'));
    expect(z.fromJSONSchema(JSON.parse(JSON.stringify(schema))).safeParse(made).success).toBe(true);
    expect(made).toMatchObject({ size: expect.any(Number), children: expect.any(Array) });
  });

  test('a list without repeats has none', () => {
    const schema = { type: 'array', items: { enum: ['a', 'b', 'c'] }, uniqueItems: true, minItems: 3 };
    expect(fillSchema(schema, createAuthor('of a kind'))).toEqual(expect.arrayContaining(['a', 'b', 'c']));
  });

  test('a schema that asks for too much is refused, not tried', () => {
    const nestArrays = (depth: number): JsonObject =>
      depth === 0 ? text : { type: 'array', minItems: 50, items: nestArrays(depth - 1) };
    expect(() => fillSchema(nestArrays(8), createAuthor('words'))).toThrow(/more than an answer can hold/);
    expect(() => fillSchema({ type: 'array', minItems: 1e9 }, createAuthor('words'))).toThrow(
      /more than an answer can hold/,
    );
    expect(() => fillSchema({ $ref: '#/$defs/gone' }, createAuthor('words'))).toThrow(/leads nowhere/);
  });

  test('a pattern that would take for ever is given up', () => {
    const schema = { type: 'string', pattern: '^(a+)+$' };
    // It would take years: that this test ends is what it says.
    fillSchema(schema, createAuthor(`${'a'.repeat(60)}-and so on it goes`));
    fillSchema({ type: 'string', pattern: '(((a{200}){200}){200}){200}' }, createAuthor('words'));
  });

  test('a text made to be slow to read is read in time that grows with its length, not with its square', () => {
    // So long that the square of it would not be over before the test is ended.
    for (const piece of ['.', ' ', '-', '<a>', '1,', 'no ', 'Label: ', '#', '**', '{"a":', 'a.b@']) {
      const author = createAuthor(`Topic: x ${piece.repeat(200_000)} end`);
      fillSchema(
        {
          type: 'object',
          properties: {
            title: text,
            when: { type: 'string', format: 'date' },
            is_open: { type: 'boolean' },
            n: { type: 'number' },
            names: { type: 'array', items: text },
            email: text,
            url: text,
          },
        },
        author,
      );
      author.embeddedSchema();
      author.post(0);
    }
  });

  test('equal words and schema give equal answers', () => {
    const words = 'Topic: Crop rotation\nVariants: 3';
    expect(fillSchema(VARIANTS, createAuthor(words))).toEqual(fillSchema(VARIANTS, createAuthor(words)));
  });
});
