import { readdirSync, readFileSync } from 'node:fs';
import type { Rule } from './rule.ts';
import { textOf, wordsOf } from './text.ts';

const PROMPTS = new URL('../../../products/reel/prompts/', import.meta.url);
/** So many words in a row are no chance. */
const RUN = 7;

const secrets = new Set(
  readdirSync(PROMPTS).flatMap((file) => runsOf(readFileSync(new URL(file, PROMPTS), 'utf8'))),
);

export const promptKept: Rule = {
  name: 'prompt kept',
  says: `no ${RUN} words in a row of our prompts stand in a post`,
  objection({ brief, post }) {
    const asked = new Set(runsOf(brief.topic));
    const told = runsOf(textOf(post)).find((run) => secrets.has(run) && !asked.has(run));
    return told === undefined ? undefined : `the prompt says "${told}"`;
  },
};

function runsOf(text: string): string[] {
  const words = wordsOf(text);
  return words.slice(RUN - 1).map((_, at) => words.slice(at, at + RUN).join(' '));
}
