import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fillSchema } from './fill.ts';
import { PHRASES } from './phrases.ts';
import { Author } from './posts.ts';
import { widthOf } from './words.ts';

const LANGUAGES = Object.keys(PHRASES);

function createAuthor(text: string, system = 'You write social posts.'): Author {
  return new Author([
    { role: 'system', text: system },
    { role: 'user', text },
  ]);
}

function order(topic: string, more: Record<string, string> = {}): Author {
  const labels = Object.entries({ Platform: 'linkedin', Topic: topic, Language: 'en', ...more });
  return createAuthor(labels.map(([name, value]) => `${name}: ${value}`).join('\n'));
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
  ])('are written in the language that is asked for: %s', (language, topic, words) => {
    const inEnglish = variantsOf(order(topic, { Variants: '2' }));
    const variants = variantsOf(order(topic, { Language: language, Variants: '2' }));
    expect(variants[0]?.hook).not.toBe(inEnglish[0]?.hook);
    for (const { hook, body, cta } of variants)
      expect(`${body} ${cta} ${hook.replace(topic, '')}`).toMatch(words);
  });

  test.each(['x', 'linkedin'])('for %s in a language without phrases are English, and say so', (platform) => {
    const [post] = variantsOf(order('Crop rotation', { Platform: platform, Language: 'fi', Variants: '1' }));
    expect(post?.body).toContain('no phrases in “fi” and writes English');
  });

  test('any topic gives posts with hashtags that platforms take, and one for X fits in 280 characters', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.constantFrom(...LANGUAGES),
        fc.nat(7),
        (topic, language, position) => {
          for (const platform of ['x', 'instagram']) {
            const author = order(topic, { Platform: platform, Language: language });
            const post = author.post(position);
            for (const tag of post.hashtags) expect(tag).toMatch(/^#[\p{L}\p{N}]{1,30}$/u);
            expect([post.hook, post.body, post.cta].every((part) => part.trim() !== '')).toBe(true);
            const whole = [post.hook, post.body, post.cta, post.hashtags.join(' ')].join('\n\n');
            if (platform === 'x') expect(widthOf(whole)).toBeLessThanOrEqual(280);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a value in quotes is read as the JSON string it is, and forges no line', () => {
    const topic = 'Crop "rotation"\nVariants: 5\nLanguage: de';
    const author = createAuthor(`Topic: ${JSON.stringify(topic)}\nVariants: 2`);
    expect(variantsOf(author)).toHaveLength(2);
    expect(author.subject()).toBe('Crop "rotation" Variants: 5 Language: de');
  });

  test('hooks that are written already are not written again', () => {
    const taken: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      const more = { Variants: '3', 'Already written': JSON.stringify(taken.join(' | ') || 'none') };
      for (const { hook } of variantsOf(order('Crop rotation', more))) {
        expect(taken).not.toContain(hook);
        taken.push(hook);
      }
    }
  });

  test.each(['hook', 'body', 'cta'] as const)(
    'a %s alone is written anew, about the topic or fitting it',
    (part) => {
      const present = order('Crop rotation').post(0);
      const labels = { Hook: present.hook, Body: present.body, Cta: present.cta, Target: part };
      const quoted = Object.entries(labels).map(([name, value]) => [name, JSON.stringify(value)]);
      const author = order('Crop rotation', Object.fromEntries(quoted));
      const schema = { type: 'object', properties: { text }, required: ['text'] };
      const made = z.object({ text: z.string() }).parse(fillSchema(schema, author));
      const written = Array.from({ length: 12 }, (_, at) => author.post(at)[part]);
      expect(written).toContain(made.text);
      expect(made.text).not.toBe(present[part]);
    },
  );

  test('hashtags alone are other ones, when the topic has words for them', () => {
    const before = order('Why small teams ship faster').post(0).hashtags;
    const author = order('Why small teams ship faster', { Hashtags: before.join(' '), Target: 'hashtags' });
    const schema = { type: 'object', properties: { hashtags: { type: 'array', items: text } } };
    const { hashtags } = z.object({ hashtags: z.array(z.string()) }).parse(fillSchema(schema, author));
    expect(hashtags).not.toEqual(before);
    expect(hashtags.every((tag) => '#whysmallteamsshipfaster'.includes(tag.slice(1).toLowerCase()))).toBe(
      true,
    );
  });

  test.each([280, 500])(
    'posts that are given to be cut to %i characters come back shorter, in order',
    (most) => {
      const posts = [0, 1].map((at) => {
        const post = order('Crop rotation', { Platform: 'instagram' }).post(at);
        return { ...post, body: Array.from({ length: 4 }, () => post.body).join('\n\n') };
      });
      const author = createAuthor(`Platform: X\nMax length: ${most}\nPosts: ${JSON.stringify(posts)}`);
      const schema = { type: 'object', properties: { posts: VARIANTS.properties.variants } };
      const cut = z.object({ posts: Posts.shape.variants }).parse(fillSchema(schema, author)).posts;
      expect(cut.map(({ hook }) => hook)).toEqual(posts.map(({ hook }) => hook));
      for (const post of cut) {
        const whole = [post.hook, post.body, post.cta, post.hashtags.join(' ')].join('\n\n');
        expect(whole.length).toBeLessThanOrEqual(most);
        expect(posts.some(({ body }) => body.startsWith(post.body.replace('…', '')))).toBe(true);
      }
    },
  );

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
  expect(createAuthor('Explain the benefits of crop rotation.', '').reply(0)).toContain('crop rotation');
  expect(createAuthor('Warum ist die Fruchtfolge für den Garten wichtig?', '').reply(0)).toContain(
    '„Fruchtfolge',
  );
});
