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

function order(topic: string, more: Record<string, string> = {}): Author {
  const labels = Object.entries({ Platform: 'linkedin', Topic: topic, Language: 'en', ...more });
  return told(labels.map(([name, value]) => `${name}: ${value}`).join('\n'));
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

const Posts = z.object({
  variants: z.array(
    z.object({ hook: z.string(), body: z.string(), cta: z.string(), hashtags: z.array(z.string()) }),
  ),
});

function variantsOf(author: Author) {
  return Posts.parse(fillSchema(VARIANTS, author)).variants;
}

describe('posts', () => {
  test('there are as many variants as asked, each another, all about the topic', () => {
    for (const count of [1, 3, 5]) {
      const variants = variantsOf(
        order('Why small teams ship faster', { Variants: String(count), Audience: 'founders' }),
      );
      expect(variants).toHaveLength(count);
      for (const part of ['hook', 'body', 'cta'] as const) {
        expect(new Set(variants.map((one) => one[part])).size).toBe(count);
      }
      expect(variants.every(({ hook }) => hook.includes('Why small teams ship faster'))).toBe(true);
      expect(variants.every(({ body }) => body.includes('founders'))).toBe(true);
    }
  });

  test('hashtags are made of the words of the topic', () => {
    const tags = variantsOf(order('Why small teams ship faster', { Variants: '3' })).flatMap(
      ({ hashtags }) => hashtags,
    );
    expect(tags).toContain('#SmallTeams');
    for (const tag of tags) expect('#smallteamsshipfaster').toContain(tag.slice(1).toLowerCase());
  });

  test.each([
    ['de', 'Warum kleine Teams schneller liefern', /\b(?:der|die|das|nicht|wir|man|ist|was|mit|dir)\b/i],
    ['fr', 'Pourquoi les petites équipes vont plus vite', /\b(?:les|nous|vous|dont|pour|est|ce|le|qu)\b/i],
    ['es', 'Por qué los equipos pequeños van más rápido', /\b(?:que|los|con|esto|una|lo|nos|del|es)\b/i],
    ['it', 'Perché i piccoli team sono più veloci', /\b(?:che|di|il|non|una|la|ci|è)\b/i],
    ['pt', 'Por que equipes pequenas entregam mais rápido', /\b(?:que|os|com|isto|uma|nos|não|do)\b/i],
  ])('are written in the language that is asked for: %s', (language, topic, words) => {
    const inEnglish = variantsOf(order(topic, { Variants: '2' }));
    const variants = variantsOf(order(topic, { Language: language, Variants: '2' }));
    expect(variants[0]?.hook).not.toBe(inEnglish[0]?.hook);
    for (const { hook, body, cta } of variants)
      expect(`${body} ${cta} ${hook.replace(topic, '')}`).toMatch(words);
  });

  test('a language without phrases falls back to English', () => {
    const [post] = variantsOf(order('Crop rotation', { Language: 'ja', Variants: '1' }));
    expect(post?.cta).toMatch(/[a-z]{3}/);
  });

  test('any topic gives posts with hashtags that platforms take, and one for X fits in 280 characters', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.constantFrom('en', 'de', 'fr', 'es', 'it', 'pt'),
        (topic, language) => {
          for (const platform of ['x', 'instagram']) {
            const author = order(topic, { Platform: platform, Language: language });
            const post = author.post(1);
            for (const tag of post.hashtags) expect(tag).toMatch(/^#[\p{L}\p{N}]{1,30}$/u);
            expect([post.hook, post.body, post.cta].every((part) => part.trim() !== '')).toBe(true);
            const whole = [post.hook, post.body, post.cta, post.hashtags.join(' ')].join('\n\n');
            if (platform === 'x') expect(whole.length).toBeLessThanOrEqual(280);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('one part alone can be asked for, as a regeneration does', () => {
    const only = {
      type: 'object',
      properties: { hook: text },
      required: ['hook'],
      additionalProperties: false,
    };
    expect(fillSchema(only, order('Crop rotation'))).toEqual({
      hook: expect.stringContaining('Crop rotation'),
    });
  });
});

test('a reply plays the subject back in the language of the question', () => {
  expect(told('Explain the benefits of crop rotation.', '').reply(0)).toContain('crop rotation');
  expect(told('Warum ist die Fruchtfolge für den Garten wichtig?', '').reply(0)).toContain('„Fruchtfolge');
});

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
    const started = performance.now();
    fillSchema(schema, told(`${'a'.repeat(40)}-and so on it goes`));
    fillSchema({ type: 'string', pattern: '(((a{200}){200}){200}){200}' }, told('words'));
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test('a text made to be slow to read is read fast', () => {
    const started = performance.now();
    for (const piece of ['.', ' ', '-', '<a>', '1,', 'no ', 'Label: ', '#', '**', '{"a":', 'a.b@']) {
      const author = told(`Topic: x ${piece.repeat(30_000)} end`);
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
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test('equal words and schema give equal answers', () => {
    expect(fillSchema(VARIANTS, order('Crop rotation'))).toEqual(
      fillSchema(VARIANTS, order('Crop rotation')),
    );
  });
});
