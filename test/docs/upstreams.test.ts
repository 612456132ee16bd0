import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkAi } from '#app';
import { readConfig } from '#platform/config';
import { ROOT } from '@plinth/testkit/house/source';

const PAGES = ['upstreams.md', 'providers.md'];

interface Section {
  readonly title: string;
  readonly text: string;
  /** Settings as they stand in it: lists are upstreams, objects files of AI_CONFIG. */
  readonly blocks: readonly string[];
}

const sections: readonly Section[] = PAGES.flatMap((page) =>
  readFileSync(join(ROOT, 'docs', page), 'utf8')
    .split(/^## /m)
    .map((text) => ({
      title: `${page}: ${text.split('\n')[0] ?? ''}`,
      text,
      blocks: [...text.matchAll(/^```json\n(.*?)^```$/gms)].map(([, block = '']) => block),
    })),
).filter(({ blocks }) => blocks.length > 0);

test.each(sections)(
  '$title: its settings are whole, and its models have prices',
  async ({ text, blocks }) => {
    const listed = blocks.find((block) => Array.isArray(JSON.parse(block)));
    const rows = blocks.find((block) => block !== listed);
    const config = readConfig({
      ...(listed === undefined ? {} : { AI_UPSTREAMS: listed }),
      ...(rows === undefined ? {} : { AI_CONFIG: rows }),
    });
    const { problems, unpriced } = await checkAi(config);
    expect(problems).toEqual([]);
    if (!text.includes('Any other:')) expect(unpriced).toEqual([]);
    const models = config.ai.upstreams.flatMap(({ name, models: all = [] }) =>
      all.map((one) => `${name}/${one}`),
    );
    const called = [...text.matchAll(/Call `([^`]+)`/g)].map(([, name = '']) => name);
    expect(called.filter((name) => !models.includes(name))).toEqual([]);
  },
);

test('every vendor of the pages has settings and a call', () => {
  const vendors = sections.filter(({ title }) => title.startsWith('upstreams.md'));
  expect(vendors.filter(({ text }) => !text.includes('Call `'))).toEqual([]);
  expect(vendors.length).toBe(10);
});
