import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fillSchema } from './fill.ts';
import type { JsonObject } from './json.ts';
import { Author } from './posts.ts';

function told(text: string, system = 'You write social posts.'): Author {
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

describe('extraction', () => {
  const contract = told(
    `# Consulting agreement
This agreement is made on 12 March 2025 between Acme Robotics and Jane Miller.
The fee is 1,200 EUR per month. Either party may end it with 30 days notice.
It is confidential. Write to jane@acme.example or see https://acme.example/terms.`,
  );

  test('finds headings, names, dates, numbers, addresses and yes or no where the text has them', () => {
    const schema = {
      type: 'object',
      properties: {
        title: text,
        parties: { type: 'array', items: text, maxItems: 2 },
        effective_date: { type: 'string', format: 'date' },
        fee: { type: 'number' },
        notice_days: { type: 'integer', maximum: 90 },
        confidential: { type: 'boolean' },
        exclusive: { type: 'boolean' },
        kind: { enum: ['lease', 'consulting', 'sale'] },
        contact: { anyOf: [{ type: 'null' }, { type: 'string', format: 'email' }] },
        terms_url: text,
      },
    };
    expect(fillSchema(schema, contract)).toEqual({
      title: 'Consulting agreement',
      parties: ['Acme Robotics', 'Jane Miller'],
      effective_date: '2025-03-12',
      fee: 1200,
      notice_days: 30,
      confidential: true,
      exclusive: false,
      kind: 'consulting',
      contact: 'jane@acme.example',
      terms_url: 'https://acme.example/terms',
    });
  });

  test.each([
    ['am 3. Mai 2026', '2026-05-03'],
    ['le 14 juillet 2025', '2025-07-14'],
    ['el 2 de enero de 2027', '2027-01-02'],
    ['on December 31st, 2024', '2024-12-31'],
    ['31.01.2025', '2025-01-31'],
    ['01/31/2025', '2025-01-31'],
    ['2025-02-30 and 2025-02-28', '2025-02-28'],
  ])('reads the date in "%s"', (written, date) => {
    expect(fillSchema({ type: 'string', format: 'date' }, told(`Signed ${written}.`))).toBe(date);
  });

  test('a schema that stands in the prompt is found', () => {
    const author = told('Text', `Answer as JSON by this schema:\n${JSON.stringify(VARIANTS)}\nNothing else.`);
    expect(author.embeddedSchema()).toEqual(VARIANTS);
  });
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
  test('whatever the schema and the words, the answer is valid', () => {
    fc.assert(
      fc.property(schemas.any, fc.string({ maxLength: 200 }), (schema, words) => {
        const made = fillSchema(schema, told(words));
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
    const made = fillSchema(schema, told('A tree of small teams'));
    expect(z.fromJSONSchema(JSON.parse(JSON.stringify(schema))).safeParse(made).success).toBe(true);
    expect(made).toMatchObject({ size: expect.any(Number), children: expect.any(Array) });
  });

  test('a list without repeats has none', () => {
    const schema = { type: 'array', items: { enum: ['a', 'b', 'c'] }, uniqueItems: true, minItems: 3 };
    expect(fillSchema(schema, told('of a kind'))).toEqual(expect.arrayContaining(['a', 'b', 'c']));
  });

  test('a schema that asks for too much is refused, not tried', () => {
    const nested = (depth: number): JsonObject =>
      depth === 0 ? text : { type: 'array', minItems: 50, items: nested(depth - 1) };
    expect(() => fillSchema(nested(8), told('words'))).toThrow(/more than an answer can hold/);
    expect(() => fillSchema({ type: 'array', minItems: 1e9 }, told('words'))).toThrow(
      /more than an answer can hold/,
    );
    expect(() => fillSchema({ $ref: '#/$defs/gone' }, told('words'))).toThrow(/leads nowhere/);
  });

  test('a pattern that would take for ever is given up', () => {
    const schema = { type: 'string', pattern: '^(a+)+$' };
    // It would take years: that this test ends is what it says.
    fillSchema(schema, told(`${'a'.repeat(60)}-and so on it goes`));
    fillSchema({ type: 'string', pattern: '(((a{200}){200}){200}){200}' }, told('words'));
  });

  test('a text made to be slow to read is read in time that grows with its length, not with its square', () => {
    // So long that the square of it would not be over before the test is ended.
    for (const piece of ['.', ' ', '-', '<a>', '1,', 'no ', 'Label: ', '#', '**', '{"a":', 'a.b@']) {
      const author = told(`Topic: x ${piece.repeat(200_000)} end`);
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
    expect(fillSchema(VARIANTS, told(words))).toEqual(fillSchema(VARIANTS, told(words)));
  });
});
